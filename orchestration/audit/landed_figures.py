"""Figures of landed raw tables: what was loaded since the last release against the loads before.

Without a release, and where nothing was loaded since, the newest load is what counts as new. A file
that was landed again under its name counts with its last content, so correcting one clears it.

The figures are arithmetic on the profile of a table (`landed_profile`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from math import log
from statistics import median

import duckdb

from orchestration.audit.figures import Figure
from orchestration.audit.known_values import enumerated_columns, is_unknown, known_values
from orchestration.audit.landed_profile import (
    Profile,
    is_early,
    is_float_id,
    is_future,
    profile_mapping,
    profile_table,
)
from orchestration.audit.loads import Load, loads_by_table
from orchestration.audit.thresholds import EVERY, Threshold
from orchestration.audit.whole_exports import newest_export
from orchestration.contract import contract_tables, filled_tables, mapping_model, raw_tables
from orchestration.mapping_sql import Mappings
from orchestration.sql import identifier

RECENT_LOADS = 6
"""Loads that the newest one is held against."""
FEWEST_LOADS = 3
"""Earlier loads without which there is nothing to hold it against."""
FILLED_SHARE = 0.05
"""A column with less than this share of values may be empty in a load by chance."""

FEW_ROWS = 3
FEW_SHARE = 0.001
"""Impossible moments, by number or share of the new rows, that are slips of the pen."""

NO_LOAD = Figure(None, "nothing was loaded")
NO_HISTORY = Figure(None, "no earlier load")


Measure = Callable[[Profile, Threshold, Mapping[str, Profile]], Figure]


def measure_landed(
    connection: duckdb.DuckDBPyConnection,
    thresholds: Sequence[Threshold],
    sources: Sequence[str],
    since: datetime | None = None,
    mappings: Mappings = lambda _: {},
) -> list[Figure]:
    """The figure of each threshold, which names a raw table or a mapping of these sources.

    `since` is the moment (UTC) of the release that readers have: later loads are new. A mapping
    that `mappings` does not give is not judged.
    """
    figures: dict[str, Figure] = {}
    for source in sources:
        loads = loads_by_table(connection, source)
        mapped = _profiles_of_mappings(
            connection, thresholds, source, loads, since=since, mappings=mappings
        )
        profiles: dict[str, Profile] = {}
        for table in raw_tables(source):
            name = f"{source}.{table.name}"
            of_table = [threshold for threshold in thresholds if threshold.table == name]
            times = {str(row.column) for row in of_table if row.expectation in TIME_FIGURES}
            profiles[name] = profile_table(
                connection,
                table,
                loads,
                since=since,
                times=times,
                known_values=known_values(table, of_table),
            )
        for threshold in thresholds:
            for group in (profiles, mapped):
                if profile := group.get(threshold.table):
                    measure = LANDED_FIGURES[threshold.expectation]
                    figures[threshold.name] = measure(profile, threshold, group)
    return [figures[threshold.name] for threshold in thresholds]


def _profiles_of_mappings(
    connection: duckdb.DuckDBPyConnection,
    thresholds: Sequence[Threshold],
    source: str,
    loads: Mapping[str, Sequence[Load]],
    *,
    since: datetime | None,
    mappings: Mappings,
) -> dict[str, Profile]:
    """Profiles of what the mappings of a source make, by model, where thresholds name them."""
    profiles: dict[str, Profile] = {}
    compiled: Mapping[str, str] | None = None
    for name in filled_tables(source):
        model = mapping_model(source, name)
        of_model = [threshold for threshold in thresholds if threshold.table == model]
        if not of_model:
            continue
        if compiled is None:
            compiled = mappings(source)
        table = replace(contract_tables()[name], source=source)
        profiles[model] = profile_mapping(
            connection,
            table,
            compiled.get(name),
            loads,
            since=since,
            judged={str(row.column) for row in of_model},
            times={str(row.column) for row in of_model if row.expectation in TIME_FIGURES},
            known_values=known_values(table, of_model),
        )
    return profiles


def columns_missing(profile: Profile, _: Threshold, __: Mapping[str, Profile]) -> Figure:
    """Declared columns that the raw table has not."""
    missing = [name for name in profile.table.column_names if name not in profile.columns]
    return Figure(float(len(missing)), f"missing: {', '.join(missing)}" if missing else "")


def required_missing(profile: Profile, _: Threshold, __: Mapping[str, Profile]) -> Figure:
    """Required columns without a value in any row; each quarantines the whole table."""
    rows = profile.new_rows + profile.earlier_rows
    filled = {
        name: profile.filled_new[name] + profile.filled_earlier[name] for name in profile.filled_new
    }
    if not any(filled.values()):
        return Figure(None, "no row could be read as a record")
    missing = [name for name in profile.table.required_columns if filled.get(name) == 0]
    return Figure(
        float(len(missing)),
        f"empty in all {rows:,} rows: {', '.join(missing)}" if missing else "",
        profile.samples("true") if missing else (),
    )


def columns_emptied(profile: Profile, row: Threshold, _: Mapping[str, Profile]) -> Figure:
    """Columns that earlier loads filled, and the new rows leave wholly empty."""
    if (unjudged := _compared(profile, row)) is not None:
        return unjudged
    emptied = [
        name
        for name, filled in profile.filled_new.items()
        if not filled and profile.filled_earlier[name] >= FILLED_SHARE * profile.earlier_rows
    ]
    return Figure(
        float(len(emptied)),
        f"empty in all {profile.new_rows:,} new rows: {', '.join(emptied)}" if emptied else "",
        profile.samples("true") if emptied else (),
    )


def null_share_change(profile: Profile, row: Threshold, _: Mapping[str, Profile]) -> Figure:
    """Rise of the share of nulls in a column (`*`: in the worst one), new rows against earlier."""
    if (unjudged := _compared(profile, row)) is not None:
        return unjudged
    candidates = list(profile.filled_new) if row.column == EVERY else [str(row.column)]
    if not set(candidates) <= profile.filled_new.keys() or not candidates:
        return Figure(None, f"there is no column {row.column}")
    worst = max(candidates, key=profile.null_share_change)
    value = profile.null_share_change(worst)
    before = 1 - profile.filled_earlier[worst] / profile.earlier_rows
    detail = f"{worst}: null in {before:.1%} of earlier rows, {before + value:.1%} of new ones"
    text = identifier(worst)
    outside = not row.allows(value)
    return Figure(
        value,
        detail,
        profile.samples(f"({text} is null or {text} = '')") if outside else (),
    )


def volume_ratio(profile: Profile, row: Threshold, _: Mapping[str, Profile]) -> Figure:
    """Rows of a new load (the most unusual one) over the median of the last earlier loads."""
    if not profile.loads:
        return NO_LOAD
    before = profile.loads[: len(profile.loads) - len(profile.new_loads)]
    earlier = [load.rows for load in before][-RECENT_LOADS:]
    if len(earlier) < FEWEST_LOADS:
        return Figure(None, f"{len(earlier)} earlier loads, {FEWEST_LOADS} are needed")
    usual = median(earlier)
    if usual < max(row.min_rows, 1):
        return Figure(None, f"{usual:g} rows a load are too few to compare")
    counts = [
        load.rows - load.replaced_rows
        for load in profile.new_loads
        if load.rows > load.replaced_rows or not load.replaced_files
    ]
    rows = max(counts, key=lambda count: abs(log((count + 1) / usual)))
    return Figure(
        rows / usual,
        f"{rows:,} rows, where the last {len(earlier)} loads had {usual:,.0f} in the median",
    )


def loads_missed(profile: Profile, _: Threshold, __: Mapping[str, Profile]) -> Figure:
    """Newest loads of the source without this table, where it used to be in each."""
    if not profile.loads:
        return NO_LOAD
    of_table = {load.loaded_at for load in profile.loads}
    missed = [moment for moment in profile.source_loads if moment > profile.newest]
    before = [moment for moment in profile.source_loads if moment <= profile.newest]
    if len(before) < FEWEST_LOADS or not set(before[-FEWEST_LOADS:]) <= of_table:
        return Figure(None, "it is not part of every load")
    return Figure(float(len(missed)), f"last loaded at {profile.newest:%Y-%m-%d %H:%M} UTC")


def days_since_load(profile: Profile, _: Threshold, __: Mapping[str, Profile]) -> Figure:
    """Days from the newest load to now."""
    if not profile.loads:
        return NO_LOAD
    age = datetime.now(UTC).replace(tzinfo=None) - profile.newest
    return Figure(
        age.total_seconds() / 86_400, f"last loaded at {profile.newest:%Y-%m-%d %H:%M} UTC"
    )


def future_rows(profile: Profile, row: Threshold, _: Mapping[str, Profile]) -> Figure:
    """New rows whose moment lies more than a day after they were loaded; 0 where they are a few.

    A few are slips of the pen: the quarantine sets them aside and lists them.
    """
    moments = profile.moments.get(str(row.column))
    if moments is None:
        return NO_LOAD
    count = moments.future_rows
    if count <= max(FEW_ROWS, FEW_SHARE * profile.new_rows):
        return Figure(0.0, f"{count:,} rows, which the quarantine sets aside" if count else "")
    return Figure(
        float(count), samples=profile.samples(is_future(str(row.column), profile.columns))
    )


def early_share(profile: Profile, row: Threshold, _: Mapping[str, Profile]) -> Figure:
    """Share of new rows whose moment lies before the year 2000."""
    moments = profile.moments.get(str(row.column))
    if moments is None:
        return NO_LOAD
    if (unjudged := _enough(profile, row)) is not None:
        return unjudged
    value = moments.early_rows / profile.new_rows
    return Figure(
        value,
        f"{moments.early_rows:,} of {profile.new_rows:,} new rows",
        () if row.allows(value) else profile.samples(is_early(str(row.column))),
    )


def lag_days(profile: Profile, row: Threshold, others: Mapping[str, Profile]) -> Figure:
    """Days from a table's latest moment to the latest one of any table of its source."""
    latest = profile.latest
    if latest is None:
        return NO_LOAD
    if (unjudged := _enough(profile, row, profile.new_rows + profile.earlier_rows)) is not None:
        return unjudged
    newest, leader = max(
        (moment, other.table.name)
        for other in others.values()
        if (moment := other.latest) is not None
    )
    return Figure(
        (newest - latest).total_seconds() / 86_400,
        f"latest moment {latest:%Y-%m-%d %H:%M}; {leader} goes to {newest:%Y-%m-%d %H:%M} UTC",
    )


def unknown_share(profile: Profile, row: Threshold, _: Mapping[str, Profile]) -> Figure:
    """Share of new rows whose value (`*`: in the worst column) is none of the known ones."""
    if (unjudged := _enough(profile, row)) is not None:
        return unjudged
    named = [name for name in enumerated_columns(profile.table, row) if name in profile.unknown]
    if not named:
        return Figure(None, "no list of known values")
    worst = max(named, key=lambda name: profile.unknown[name])
    value = profile.unknown[worst] / profile.new_rows
    return Figure(
        value,
        f"{worst}: {profile.unknown[worst]:,} of {profile.new_rows:,} new rows",
        ()
        if row.allows(value)
        else profile.samples(is_unknown(worst, profile.known_values[worst])),
    )


def float_ids(profile: Profile, _: Threshold, __: Mapping[str, Profile]) -> Figure:
    """New rows whose id, in the worst column, is written as a float or in scientific notation."""
    if not profile.float_ids:
        return Figure(None, "no column holds ids")
    found = {name: rows for name, rows in profile.float_ids.items() if rows}
    worst = max(profile.float_ids, key=lambda name: profile.float_ids[name])
    return Figure(
        float(profile.float_ids[worst]),
        ", ".join(
            f"{name}: {rows:,} of {profile.new_rows:,} new rows" for name, rows in found.items()
        ),
        profile.samples(is_float_id(worst)) if found else (),
    )


def repeated_share(profile: Profile, row: Threshold, _: Mapping[str, Profile]) -> Figure:
    """Share of new rows that repeat the key and version of another new row."""
    if not {*profile.table.key} & profile.columns:
        return Figure(None, "the table declares no key")
    if (unjudged := _enough(profile, row)) is not None:
        return unjudged
    value = 1 - profile.new_keys / profile.new_rows
    repeated = profile.new_rows - profile.new_keys
    return Figure(
        value,
        f"{repeated:,} of {profile.new_rows:,} new rows",
        () if row.allows(value) else profile.repeated_samples(),
    )


def lacking_share(profile: Profile, row: Threshold, _: Mapping[str, Profile]) -> Figure:
    """Share of the living records that the newest whole export lacks."""
    if not profile.loads:
        return NO_LOAD
    newest = newest_export(profile, row.allows)
    if newest is None:
        return Figure(None, "no export is newer than the last one that passed")
    return Figure(
        newest.share,
        f"{newest.file} lacks {newest.lacking:,} of the {newest.living:,} records that the exports "
        "before it hold",
        () if row.allows(newest.share) else newest.samples,
    )


LANDED_FIGURES: dict[str, Measure] = {
    measure.__name__: measure
    for measure in (
        columns_missing,
        required_missing,
        columns_emptied,
        null_share_change,
        volume_ratio,
        loads_missed,
        days_since_load,
        future_rows,
        early_share,
        lag_days,
        unknown_share,
        float_ids,
        repeated_share,
        lacking_share,
    )
}
TIME_FIGURES = {"future_rows", "early_share", "lag_days"}


def _enough(profile: Profile, row: Threshold, rows: int | None = None) -> Figure | None:
    """The reason why there is nothing to judge; None where there is something."""
    rows = profile.new_rows if rows is None else rows
    if rows < max(row.min_rows, 1):
        return Figure(None, f"{rows:,} rows, {max(row.min_rows, 1):,} are needed")
    return None


def _compared(profile: Profile, row: Threshold) -> Figure | None:
    """The reason why the newest load has nothing to compare with; None where it has."""
    if not profile.earlier_rows:
        return NO_HISTORY
    return _enough(profile, row, min(profile.new_rows, profile.earlier_rows))
