"""Figures of tables about to be published: on their own, and against the release that readers have.

Each figure is one aggregate query of DuckDB over the few columns that it is about.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from math import log

from orchestration.audit.figures import SAMPLES, Figure
from orchestration.audit.marts import BASELINE, Marts
from orchestration.audit.thresholds import EVERY, Threshold
from orchestration.sql import identifier, literal, qualified

SETTLED_DAYS = 90
"""Months that ended this long before the earlier release are settled in it."""
RECENT_DAYS = 92
WORST_SEGMENTS = 3
FEWEST_ROWS = 5
"""Rows of a table that are all lost, from which on this is no accident."""
QUARANTINED_ROWS = "quarantine.quarantined_rows"
LIKELY_CAUSES = {
    "salesforce_id": "the ids are of Salesforce, with 15 characters on one side and 18 on the "
    "other: declare meta.format: {id_format: salesforce} for the source, or land both alike",
    "spelling": "the ids differ in capitals, leading zeros or a final .0 alone",
    "source_system": "another source system has these ids: give both the same source_system",
}
"""What explains references that find nothing, and what to do, by `likely_cause`."""

NO_BASELINE = Figure(None, "no earlier release of these sources up to this moment")
NOT_THERE = Figure(None, "the table or column is not there")


Measure = Callable[[Marts, Threshold], Figure]


def measure_marts(marts: Marts, thresholds: Sequence[Threshold]) -> list[Figure]:
    """The figure of each threshold."""
    return [MART_FIGURES[threshold.expectation](marts, threshold) for threshold in thresholds]


def identities_broken(marts: Marts, row: Threshold) -> Figure:
    """Identities that do not hold."""
    if not marts.has(row.table, "identity", "subject", "is_held"):
        return NOT_THERE
    broken = marts.rows(
        f"""
        select identity || ' of ' || subject, left_value, right_value from {qualified(row.table)}
        where is_held is distinct from true
        order by 1
        """
    )
    first = broken[0] if broken else None
    return Figure(
        float(len(broken)),
        f"{first[0]}: {first[1]:,.10g} against {first[2]:,.10g}" if first else "",
        tuple(name for name, *_ in broken[:SAMPLES]),
    )


def identities_lost(marts: Marts, row: Threshold) -> Figure:
    """Identities that the earlier release held itself to, and this one does not."""
    if not marts.has(row.table, "identity"):
        return NOT_THERE
    if not marts.published(row.table, "identity"):
        return NO_BASELINE
    lost = marts.rows(
        f"""
        select distinct identity from {BASELINE}.{qualified(row.table)}
        where identity not in (select identity from {qualified(row.table)})
        order by 1
        """
    )
    return Figure(float(len(lost)), samples=tuple(name for (name,) in lost[:SAMPLES]))


def row_count_change(marts: Marts, row: Threshold) -> Figure:
    """Rows of a table (`*`: of the table that lost most) now over those published, less one."""
    if marts.baseline is None:
        return NO_BASELINE
    now = marts.row_counts()
    before = {name: table.rows for name, table in marts.baseline.tables.items()}
    named = before.keys() if row.table == EVERY else {row.table} & before.keys()
    changes = {
        name: now.get(name, 0) / before[name] - 1
        for name in named
        if before[name] >= max(row.min_rows, 1)
    }
    if not changes:
        return Figure(None, f"fewer than {max(row.min_rows, 1):,} rows were published")
    worst = min(changes, key=lambda name: (changes[name], name))
    return Figure(
        changes[worst],
        f"{worst}: {before[worst]:,} rows published, {now.get(worst, 0):,} now"
        f"{'' if worst in now else ' (the table is gone)'}",
    )


def population_stability(marts: Marts, row: Threshold) -> Figure:
    """Population stability index of a column's values, now against those published.

    Sum over the values of (p - q) ln(p / q), p and q being their shares with half a row added to
    each, so that a value which comes or goes counts, and does not count without end.
    """
    column = str(row.column)
    if not marts.has(row.table, column):
        return NOT_THERE
    if not marts.published(row.table, column):
        return NO_BASELINE
    now = marts.value_counts(qualified(row.table), column)
    before = marts.value_counts(f"{BASELINE}.{qualified(row.table)}", column)
    fewest = min(sum(now.values()), sum(before.values()))
    if fewest < max(row.min_rows, 1):
        return Figure(None, f"{fewest:,} rows are too few to compare")
    parts = stability_parts(now, before)
    moved = sorted(parts, key=lambda value: (-parts[value], value))[:WORST_SEGMENTS]
    shares = [
        f"{value} {before.get(value, 0) / sum(before.values()):.1%} -> "
        f"{now.get(value, 0) / sum(now.values()):.1%}"
        for value in moved
    ]
    return Figure(sum(parts.values()), f"published -> now: {', '.join(shares)}")


def stability_parts(now: Mapping[str, int], before: Mapping[str, int]) -> dict[str, float]:
    """Contribution of each value to the population stability index of two counts."""
    values = now.keys() | before.keys()
    parts: dict[str, float] = {}
    for value in values:
        p = (now.get(value, 0) + 0.5) / (sum(now.values()) + 0.5 * len(values))
        q = (before.get(value, 0) + 0.5) / (sum(before.values()) + 0.5 * len(values))
        parts[value] = (p - q) * log(p / q)
    return parts


def settled_change(marts: Marts, row: Threshold) -> Figure:
    """Change of a metric's sum over months that were settled in the earlier release."""
    columns = ("metric", "period_type", "segment_type", "period_start_date", "metric_value")
    if not marts.has(row.table, *columns):
        return NOT_THERE
    if marts.baseline is None or marts.baseline.provenance.as_of is None:
        return NO_BASELINE
    if not marts.published(row.table, *columns):
        return NO_BASELINE
    # a month has at most 31 days: it ended before
    last_start = marts.baseline.provenance.as_of.date() - timedelta(days=SETTLED_DAYS + 31)
    settled = (
        f"metric = {literal(str(row.column))} and period_type = 'month' and segment_type = 'all' "
        f"and period_start_date <= date '{last_start}'"
    )
    now, before, months = marts.row(
        f"""
        select
            (select sum(metric_value) from {qualified(row.table)} where {settled}),
            sum(metric_value),
            count(*)
        from {BASELINE}.{qualified(row.table)} where {settled}
        """
    )
    if not before or before < row.min_rows:
        return Figure(None, "nothing was settled in the earlier release")
    value = float(now or 0) / float(before) - 1
    return Figure(
        value,
        f"{months} months up to that of {last_start}: {before:,.2f} published, {now or 0:,.2f} now",
    )


def metric_value(marts: Marts, row: Threshold) -> Figure:
    """A metric over all time and segments; `min_rows` is held against its denominator."""
    columns = ("metric", "period_type", "segment_type", "denominator", "metric_value")
    if not marts.has(row.table, *columns):
        return NOT_THERE
    found = marts.row(
        f"""
        select metric_value, denominator from {qualified(row.table)}
        where metric = {literal(str(row.column))}
            and period_type = 'all' and segment_type = 'all' and metric_value is not null
        """
    )
    if not found or (found[1] or 0) < row.min_rows:
        return Figure(None, f"fewer than {row.min_rows:,} stand behind it")
    return Figure(float(found[0]), f"of {found[1] or 0:,.0f}")


def rows_after_as_of(marts: Marts, row: Threshold) -> Figure:
    """Rows later than the moment that the build speaks for."""
    as_of = marts.as_of()
    if as_of is None or not marts.has(row.table, str(row.column)):
        return NOT_THERE
    later = f"{identifier(str(row.column))} > timestamp '{as_of}'"
    count, latest = marts.row(
        f"select count(*), max({identifier(str(row.column))}) "
        f"from {qualified(row.table)} where {later}"
    )
    return Figure(
        float(count),
        f"the data speaks for {as_of}; latest {latest}" if count else "",
        marts.sample_keys(row.table, later) if count else (),
    )


def largest_share(marts: Marts, row: Threshold) -> Figure:
    """The largest amount over the sum of all amounts above 0."""
    column = identifier(str(row.column))
    if not marts.has(row.table, str(row.column)):
        return NOT_THERE
    count, largest, total = marts.row(
        f"select count(*), max({column}), sum({column}) from {qualified(row.table)} "
        f"where {column} > 0"
    )
    if count < max(row.min_rows, 1):
        return Figure(None, f"{count:,} amounts are too few to judge")
    value = float(largest) / float(total)
    return Figure(
        value,
        f"{largest:,} of {total:,}",
        () if row.allows(value) else marts.sample_keys(row.table, f"{column} = {largest}"),
    )


def rate_age_days(marts: Marts, row: Threshold) -> Figure:
    """Age at `as_of` of the newest exchange rate, for the worst currency in recent use."""
    as_of = marts.as_of()
    if as_of is None or not (
        marts.has(row.table, "currency", str(row.column))
        and marts.has("reference.fx_rates", "currency", "valid_from")
    ):
        return NOT_THERE
    worst = marts.rows(
        f"""
        with recent as (
            select currency from {qualified(row.table)}
            where currency <> {literal(marts.reporting_currency)}
                and {identifier(str(row.column))} > timestamp '{as_of}' - interval {RECENT_DAYS} day
            group by all
        )
        select recent.currency, date_diff('day', max(rates.valid_from), date '{as_of:%Y-%m-%d}')
        from recent
        left join reference.fx_rates as rates
            on recent.currency = rates.currency and rates.valid_from <= date '{as_of:%Y-%m-%d}'
        group by all
        order by 2 desc nulls first, 1
        """
    )
    known = [(currency, age) for currency, age in worst if age is not None]
    if not known:
        return Figure(None, "no foreign currency in recent use")
    currency, age = known[0]
    return Figure(float(age), f"the newest rate of {currency} is {age} days old")


def quarantined_share(marts: Marts, row: Threshold) -> Figure:
    """Share of the newest load's rows that went to quarantine, in the worst contract table.

    A table that went there whole is judged from a few rows on.
    """
    return _lost_share(marts, row, "quarantined_rows", "unreadable_rows", whole_from=FEWEST_ROWS)


def nulled_share(marts: Marts, row: Threshold) -> Figure:
    """Share of the newest load's rows that lost an unreadable value, in the worst table."""
    return _lost_share(marts, row, "nulled_rows")


def unmatched_share(marts: Marts, row: Threshold) -> Figure:
    """Share of the references to a table (`column`) that find nothing, in the worst place.

    Tables of which the source system landed nothing are left to the leads' check alone.
    """
    columns = ("refers_to", "reference", "reference_rows", "unmatched_rows", "likely_cause")
    if not marts.has(row.table, *columns):
        return NOT_THERE
    worst = marts.rows(
        f"""
        select
            source_system || ': ' || reference || ' of ' || contract_table,
            unmatched_rows, reference_rows, unmatched_share, likely_cause, sample
        from {qualified(row.table)}
        where refers_to = {literal(str(row.column))} and reference_rows >= {max(row.min_rows, 1)}
            and (has_targets or refers_to = 'leads')
        order by unmatched_share desc, 1
        limit 1
        """
    )
    if not worst:
        return Figure(None, f"no column with {row.min_rows:,} references to them")
    name, unmatched, rows, share, cause, sample = worst[0]
    because = f"; {LIKELY_CAUSES[cause]}" if cause else ""
    return Figure(
        float(share),
        f"{name}: {unmatched:,} of {rows:,} name no landed record{because}",
        () if row.allows(share) else (sample,),
    )


MART_FIGURES: dict[str, Measure] = {
    measure.__name__: measure
    for measure in (
        identities_broken,
        identities_lost,
        row_count_change,
        population_stability,
        settled_change,
        metric_value,
        rows_after_as_of,
        largest_share,
        rate_age_days,
        quarantined_share,
        nulled_share,
        unmatched_share,
    )
}


def _lost_share(
    marts: Marts, row: Threshold, *counts: str, whole_from: int | None = None
) -> Figure:
    columns = ("source_name", "raw_table", "contract_table", "unreadable_rows", "loaded_at")
    outcomes = ("staged_rows", "superseded_rows", "deleted_rows", "quarantined_rows")
    if not marts.has(row.table, *columns, *outcomes, *counts):
        return NOT_THERE
    enough = f"sum(landed) >= {max(row.min_rows, 1)}"
    if whole_from:
        enough += f" or (sum(lost) = sum(landed) and sum(landed) >= {whole_from})"
    lost, rows = " + ".join(counts), " + ".join((*outcomes, "unreadable_rows"))
    worst = marts.rows(
        f"""
        with counted as (
            select
                source_name || '.' || coalesce(contract_table, raw_table) as name,
                loaded_at,
                {lost} as lost,
                case when contract_table is null then landed_rows else {rows} end as landed
            from {qualified(row.table)}
            where error is null
        ),

        newest as (
            select *, max(loaded_at) over (partition by name) as newest_at
            from counted
        )

        select name, sum(lost), sum(landed)
        from newest
        where loaded_at = newest_at
        group by all
        having {enough}
        order by sum(lost) / sum(landed) desc, 1
        limit 1
        """
    )
    if not worst:
        return Figure(None, f"no load with {row.min_rows:,} rows")
    table, count, landed = worst[0]
    share = float(count) / float(landed)
    detail = f"{table}: {count:,} of {landed:,} new rows"
    if whole_from and not row.allows(share):
        return _with_reason(marts, table, share, detail)
    return Figure(share, detail)


def _with_reason(marts: Marts, table: str, share: float, detail: str) -> Figure:
    """The figure with the reason that most rows of the table are quarantined for, and the first."""
    if not marts.has(QUARANTINED_ROWS, "reason", "source_file", "source_row", "is_replaced"):
        return Figure(share, detail)
    found = marts.rows(
        f"""
        select
            reason,
            count(*),
            count(distinct source_file),
            min(source_file || ' row ' || source_row, {SAMPLES})
        from {QUARANTINED_ROWS}
        where source_name || '.' || coalesce(contract_table, raw_table) = {literal(table)}
            and not is_replaced
        group by 1
        order by 2 desc, 1
        limit 1
        """
    )
    for reason, count, files, places in found:
        because = f"{detail}; {count:,} in {files:,} files because {reason}"
        return Figure(share, because, tuple(places))
    return Figure(share, detail)
