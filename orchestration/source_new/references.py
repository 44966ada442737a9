"""Which column names a record of which table, by the values that they share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from orchestration.contract import RawTable
from orchestration.source_new.exports import ReadTable
from orchestration.source_new.guesses import NOUNS, Guess
from orchestration.source_new.profile import Profile, overlap

MOST = 0.8
"""Share of a column's values that are ids of a table before it is taken for a reference."""

SOME = 0.5
WEAK = 0.7
"""A guess below this gives way to a reference that the values show."""

SHARED_LETTERS = 4
"""Letters with which the name of a reference and that of its table begin alike."""

MEANT = (
    "stage",
    "to_status",
    "from_status",
    "activity_type",
    "lead_source",
    "channel",
    "status",
    "role",
    "interest",
    "owner_rep_id",
)
"""Columns whose values may be ids of words that stand in another table."""


@dataclass(frozen=True)
class Lookup:
    """A table that says what ids mean, and the column of another table that has these ids."""

    table: ReadTable
    key: str
    meaning: str
    column: str = ""


def with_references(
    columns: dict[str, Guess],
    profiles: Mapping[str, Profile],
    contract: RawTable,
    keys: Mapping[str, Profile],
) -> dict[str, Guess]:
    """The guesses, with columns that name records of other tables by the values that they share."""
    key_columns = {columns[key].expression for key in contract.key[:1] if key in columns}
    for name, target in contract.references:
        key = keys.get(target)
        if key is None or (name in columns and columns[name].expression in key_columns):
            continue
        shared = {
            column: overlap(profile, key)
            for column, profile in profiles.items()
            if column not in key_columns and profile.filled
        }
        current = columns.get(name)
        if current and shared.get(current.expression, 0) >= SOME:
            columns[name] = _confirmed(current, target, shared[current.expression])
            continue
        # what is surely something else names no record; a customer may be known by its lead's id
        taken = {
            guess.expression
            for guess in columns.values()
            if guess.score >= WEAK and guess.column not in (name, "customer_id")
        }
        likely = [
            column
            for column, share in shared.items()
            if share >= MOST and column not in taken and _may_name(profiles[column], key, target)
        ]
        if likely:
            best = profiles[max(likely, key=lambda column: shared[column])]
            columns = {
                other: guess
                for other, guess in columns.items()
                if guess.expression != best.name or other == "customer_id"
            }
            reason = f"header '{best.header}'; {_percent(shared[best.name])} are ids of {target}"
            columns[name] = Guess(name, best.name, (best.name,), reason, 0.9)
        elif current and current.expression in shared:
            header = profiles[current.expression].header
            share = _percent(shared[current.expression])
            question = f"{share} of '{header}' are ids of {target}: what do the others name?"
            columns[name] = replace(current, question=question)
    return columns


def _confirmed(guess: Guess, target: str, share: float) -> Guess:
    question = None if share >= MOST else guess.question
    reason = f"{guess.reason}; {_percent(share)} are ids of {target}"
    return replace(guess, reason=reason, score=max(guess.score, 0.9), question=question)


def _may_name(profile: Profile, key: Profile, target: str) -> bool:
    # small whole numbers are in every table: there the name has to say it, too
    return len(profile.values) > 1 and (
        not profile.are_plain_integers
        or any(reading & NOUNS.get(target, set()) for reading in profile.readings)
        or any(_shares_name(profile.name, name) for name in (target, key.name))
    )


def _shares_name(column: str, table: str) -> bool:
    return column[:SHARED_LETTERS] == table[:SHARED_LETTERS]


def lookups_of(
    tables: Sequence[ReadTable], looked_at: Mapping[str, Mapping[str, Profile]]
) -> list[tuple[Lookup, Profile]]:
    """Tables of an id and what it means."""
    found = []
    for table in tables:
        profiles = looked_at[table.name]
        key = next((p for p in profiles.values() if p.distinct > 1 and _is_id(p)), None)
        meaning = next((p for p in profiles.values() if p is not key and _is_meaning(p)), None)
        if key and meaning:
            found.append((Lookup(table, key.name, meaning.name), key))
    return found


def _is_id(profile: Profile) -> bool:
    return profile.filled == profile.rows and any("id" in reading for reading in profile.readings)


def _is_meaning(profile: Profile) -> bool:
    return profile.filled > 0 and any("name" in r or "type" in r for r in profile.readings)


def with_meanings(
    columns: dict[str, Guess],
    profiles: Mapping[str, Profile],
    lookups: Sequence[tuple[Lookup, Profile]],
) -> tuple[dict[str, Guess], tuple[Lookup, ...]]:
    """The guesses, with words instead of ids where a lookup has them, and the lookups to join."""
    joined: list[Lookup] = []
    for name in MEANT:
        guess = columns.get(name)
        profile = profiles.get(guess.expression) if guess else None
        if guess is None or profile is None:
            continue
        for lookup, key in lookups:
            share = overlap(profile, key)
            is_named = _shares_name(profile.name, lookup.table.name)
            if share >= (SOME if is_named else MOST) and (
                is_named or not profile.are_plain_integers
            ):
                columns[name] = replace(
                    guess,
                    expression=f"{profile.name}_{lookup.meaning}",
                    reason=f"{guess.reason}; {_percent(share)} are ids of {lookup.table.name}",
                    score=max(guess.score, 0.9),
                    question=None,
                )
                joined.append(replace(lookup, column=profile.name))
                break
    return columns, tuple(joined)


def _percent(share: float) -> str:
    return f"{int(share * 100)} %"
