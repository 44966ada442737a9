"""Whole exports of a raw table, each compared with those before it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from orchestration.audit.figures import SAMPLES
from orchestration.audit.landed_profile import Profile
from orchestration.contract import LEDGER_TABLE
from orchestration.sql import identifier, literal


@dataclass(frozen=True)
class Comparison:
    """An export, by its file, against those before it: keys that they hold, and that it lacks."""

    file: str
    living: int
    lacking: int
    samples: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Share of the living keys that it lacks."""
        return self.lacking / self.living if self.living else 0.0


def newest_export(profile: Profile, allows: Callable[[float], bool]) -> Comparison | None:
    """The newest export of a table against those before it; None where none is new.

    Living are the keys of the last export that passed an audit, and of those after it. Of several
    that no audit has seen, each whose share `allows` accepts counts as passed, so that a history
    of exports that is loaded at once is compared step by step.
    """
    exports = _exports(profile)
    passed = max((number for number, export in enumerate(exports) if export.may_delete), default=0)
    newest = None
    for number in range(passed + 1, len(exports)):
        newest = _compare(profile, exports[passed:number], exports[number])
        if allows(newest.share):
            passed = number
    return newest


@dataclass(frozen=True)
class _Export:
    file_id: str
    file: str
    may_delete: bool


def _exports(profile: Profile) -> list[_Export]:
    """The loaded files of the table in the order of their versions, the newest last."""
    ledger = f"{identifier(f'raw_{profile.table.source}')}.{identifier(LEDGER_TABLE)}"
    found = profile.connection.execute(
        f"""
        select file_id, source_file, coalesce(may_delete, false)
        from {ledger}
        where table_name = {literal(profile.table.name)} and error is null
        order by loaded_at, source_file
        """
    ).fetchall()
    return [_Export(*row) for row in found]


def _compare(profile: Profile, before: Sequence[_Export], export: _Export) -> Comparison:
    key = ", ".join(identifier(name) for name in profile.table.key if name in profile.columns)
    ids = ", ".join(literal(file.file_id) for file in (*before, export))
    is_of_export = f"_file_id = {literal(export.file_id)}"
    [[living, lacking, places]] = profile.connection.execute(
        f"""
        with living as (
            select
                min((_source_file, _source_row)) as place,
                bool_or({is_of_export}) as is_held
            from {profile.relation}
            where _file_id in ({ids}) and _load_error is null
            group by {key}
            having not bool_and({is_of_export})
        )
        select
            count(*),
            count(*) filter (not is_held),
            min(place, {SAMPLES}) filter (not is_held)
        from living
        """
    ).fetchall()
    samples = tuple(f"{file} row {row}" for file, row in places or ())
    return Comparison(export.file, living, lacking, samples)
