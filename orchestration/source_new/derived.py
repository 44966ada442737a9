"""Columns that the contract requires and a mapping makes itself, and those of several raw ones."""

from collections.abc import Mapping

from orchestration.contract import RawTable
from orchestration.source_new.exports import ReadTable
from orchestration.source_new.guesses import Guess
from orchestration.source_new.profile import Profile
from orchestration.source_new.vocabulary import plain, vocabulary
from orchestration.sql import literal

ROW_ID_OF = {
    "event_id": (
        "lead_id",
        "loser_lead_id",
        "survivor_lead_id",
        "changed_at",
        "to_status",
        "sequence",
    ),
    "activity_id": ("lead_id", "email", "occurred_at", "activity_type", "asset"),
    "assessment_id": ("lead_id", "assessed_at"),
    "cost_id": ("cost_date", "cost_end_date", "channel", "campaign_id", "cost_type"),
}
"""Columns that say the same when a row without an id is exported again."""

CONSTANTS = {
    ("orders", "status"): ("paid", "no column says it", "is all of it paid?"),
    ("costs", "cost_type"): ("media", "no column says it", "is all of it media spend?"),
    ("opportunities", "stage"): (None, "no column says it", "in which column is the stage?"),
    ("reps", "valid_from"): ("2000-01-01", "no column says it", "since when does each row hold?"),
    ("targets", "version"): ("1", "no column says it", None),
    ("campaigns", "channel"): (None, "no column says it", "which channel?"),
}
"""Value, reason and question for a required column that the export does not have."""

NAMES = (
    {frozenset({"first", "name"}), frozenset({"first"})},
    {frozenset({"last", "name"}), frozenset({"last"})},
    {frozenset({"name"}), frozenset({"lead", "name"})},
)
"""What the first, the last and the whole name of a person are called."""

TYPES = {"call": "call", "meeting": "meeting", "email": "email_sent", "asset": "form_submit"}
"""Activity type by a concept of the file's name."""


def with_derived(
    columns: dict[str, Guess],
    table: ReadTable,
    profiles: Mapping[str, Profile],
    contract: RawTable,
) -> dict[str, Guess]:
    """The guesses, with what can be made of them for columns that are missing."""
    found = dict(columns)
    names = set(contract.column_names)
    if "is_deleted" not in found:
        found |= _deleted(found, profiles)
    if contract.name == "leads":
        found |= _full_name(profiles)
    if contract.name in ("orders", "subscriptions"):
        found |= _buyer(found)
    if contract.name == "opportunities":
        found = _with_outcome(found, profiles)
    if contract.name == "activities" and "activity_type" not in found:
        found["activity_type"] = _type_of(table)
    for (name, column), (value, reason, question) in CONSTANTS.items():
        if name == contract.name and column not in found:
            expression = "null" if value is None else f"'{value}'"
            is_certain = question is None or (column == "cost_type" and "clicks" in found)
            asked = None if is_certain else question
            found[column] = Guess(column, expression, (), reason, 0 if asked else 1, asked)
    for column, parts in ROW_ID_OF.items():
        if column in names and column not in found:
            found |= _row_id(column, parts, found)
    return {name: found[name] for name in contract.column_names if name in found}


def _row_id(column: str, parts: tuple[str, ...], columns: Mapping[str, Guess]) -> dict[str, Guess]:
    raw = dict.fromkeys(
        name for part in parts if part in columns for name in columns[part].raw_columns
    )
    if not raw:
        return {}
    guess = Guess(column, "row_id", tuple(raw), "no column has an id of the row")
    return {column: guess}


def _full_name(profiles: Mapping[str, Profile]) -> dict[str, Guess]:
    """The name of a person from its parts, where no column has it whole."""
    first, last, whole = (
        next((p for p in profiles.values() if {*p.readings} & phrases), None) for phrases in NAMES
    )
    parts = [first or whole, last or whole]
    if (
        not (first or last)
        or (whole and first and last)
        or (whole is not None and whole.has_blanks)
    ):
        return {}
    found = list(dict.fromkeys(p for p in parts if p))
    reason = "header " + " and ".join(f"'{p.header}'" for p in found)
    names = tuple(p.name for p in found)
    if len(names) == 1:
        return {"name": Guess("name", names[0], names, reason)}
    return {"name": Guess("name", f"concat_ws(' ', {', '.join(names)})", names, reason)}


def _deleted(columns: Mapping[str, Guess], profiles: Mapping[str, Profile]) -> dict[str, Guess]:
    """A record that has the moment of its deletion is deleted."""
    taken = {name for guess in columns.values() for name in guess.raw_columns}
    for profile in profiles.values():
        is_moment = profile.moments is not None or not profile.filled
        named = any({"deleted", "date"} <= reading for reading in profile.readings)
        if named and is_moment and profile.name not in taken:
            expression = f"case when {profile.name} is not null then 'true' end"
            reason = f"header '{profile.header}'; the moment of a deletion"
            return {"is_deleted": Guess("is_deleted", expression, (profile.name,), reason)}
    return {}


def _buyer(columns: Mapping[str, Guess]) -> dict[str, Guess]:
    """The customer is the lead where the export has no other id of it."""
    for one, other in (("customer_id", "lead_id"), ("customer_id", "opportunity_id")):
        if one not in columns and other in columns:
            known = columns[other]
            asked = None if other == "lead_id" else "who is the customer?"
            reason = f"no other id of the customer than {other}"
            guess = Guess(one, known.expression, known.raw_columns, reason, 0.8, asked)
            return {one: guess}
    if "customer_id" not in columns:
        return {
            "customer_id": Guess("customer_id", "null", (), "not found", 0, "who is the customer?")
        }
    return {}


def _with_outcome(
    columns: Mapping[str, Guess], profiles: Mapping[str, Profile]
) -> dict[str, Guess]:
    """Won and lost, of a column that says nothing else, beside the one of the stage."""
    if "is_won" in columns:
        return dict(columns)
    stages = [
        p
        for phrase in ({"stage"}, {"stage", "name"}, {"opportunity", "stage"}, {"stage", "id"})
        for p in profiles.values()
        if frozenset(phrase) in p.readings and not _ends(p)
    ]
    taken = {name for guess in columns.values() for name in guess.raw_columns}
    for profile in profiles.values():
        ends = _ends(profile)
        is_stage = "stage" in columns and columns["stage"].expression == profile.name
        if not ends or (profile.name in taken and not (is_stage and stages)):
            continue
        found = dict(columns)
        if is_stage:
            reason = f"header '{stages[0].header}'"
            found["stage"] = Guess("stage", stages[0].name, (stages[0].name,), reason, 0.9)
        cases = " ".join(
            f"when {literal(word)} then '{str(meaning == 'won').lower()}'"
            for word, meaning in sorted(ends.items())
            if meaning != "open"
        )
        expression = f"case {profile.name} {cases} end"
        reason = f"header '{profile.header}'; words for won and lost"
        return found | {"is_won": Guess("is_won", expression, (profile.name,), reason)}
    return dict(columns)


def _ends(profile: Profile) -> dict[str, str]:
    """The words of a column that says no more than won, lost and open; else empty."""
    outcomes = vocabulary().outcomes
    found = {word: outcomes.get(plain(word), "") for word in profile.values}
    return found if all(found.values()) and {*found.values()} & {"won", "lost"} else {}


def _type_of(table: ReadTable) -> Guess:
    concepts = {c for reading in vocabulary().readings(table.name) for c in reading}
    named = [meaning for concept, meaning in TYPES.items() if concept in concepts]
    if len(named) == 1:
        return Guess("activity_type", f"'{named[0]}'", (), f"the file is called {table.name}", 0.8)
    return Guess("activity_type", "'other'", (), "no column says it", 0, "what happened?")
