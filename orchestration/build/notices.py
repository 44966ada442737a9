"""Notices after a build: rows that were set aside, and example queries of the release."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from orchestration.audit.mart_figures import LIKELY_CAUSES
from orchestration.contract import PROJECT_DIR
from orchestration.erasure import Finding
from orchestration.erasure.errors import REMEDY
from orchestration.text import printable

if TYPE_CHECKING:
    from orchestration.ingestion import LoadReport

QUERIES_DIR = PROJECT_DIR / "docs" / "queries"
QUARANTINED_ROWS = "quarantine.quarantined_rows"
TIME_SPAN = "intermediate.int_time_span"
MOMENTS = (
    ("leads", "created_at"),
    ("lead_status_changes", "changed_at"),
    ("activities", "occurred_at"),
    ("opportunities", "created_at"),
    ("opportunities", "closed_at"),
    ("orders", "ordered_at"),
)
"""Moments that the time that the data speaks for is held against."""
SAMPLES = 3
UNMAPPED_STATUSES = "marts.mart_unmapped_statuses"
UNKNOWN_WORDS = "marts.mart_unknown_words"
REFERENCES = "marts.mart_references"
RARE_SEGMENT_VALUES = "marts.mart_rare_segment_values"
SHARED_ADDRESSES = "intermediate.int_shared_addresses"
DEAL_FINDINGS = "marts.mart_deal_findings"


@dataclass(frozen=True)
class ExampleQuery:
    """A query to start from; its file begins with a comment that says what it answers."""

    title: str
    sql: str


def load_notices(report: "LoadReport") -> list[str]:
    """Files and rows that the load refused, as sentences; empty if it took everything."""
    refused = [
        f"Refused file {printable(result.path)}: {result.error}" for result in report.refused
    ]
    return [*refused, *report.notes]


def erasure_notices(findings: Sequence[Finding]) -> list[str]:
    """A sentence where a search found an erased person; the request is open until it does not."""
    if not findings:
        return []
    places = "; ".join(map(str, findings[:SAMPLES]))
    return [
        f"A person whose erasure was requested is still named in {len(findings)} place(s): "
        f"{places}. {REMEDY}"
    ]


def zone_notices(time_zones: Mapping[str, str], declared: str | None) -> list[str]:
    """A sentence where the sources write in zones of their own and nobody said in which to count.

    `time_zones`: the zone of each source; `declared`: the reporting time zone of the project.
    """
    if declared or len(set(time_zones.values())) < 2:
        return []
    zones = ", ".join(f"{source} in {zone}" for source, zone in sorted(time_zones.items()))
    return [
        f"The sources write in several time zones ({zones}); days are counted in UTC "
        "(set reporting_time_zone in dbt_project.yml to count them in another)"
    ]


def build_notices(work_database: Path) -> list[str]:
    """Rows that were set aside, and words, references and deals that nothing explains."""
    with duckdb.connect(str(work_database), read_only=True) as connection:
        return [
            *_quarantined_rows(connection),
            *_rows_out_of_time(connection),
            *_unmapped_statuses(connection),
            *_unknown_words(connection),
            *_lost_references(connection),
            *_rare_segment_values(connection),
            *_shared_addresses(connection),
            *_deal_findings(connection),
        ]


def example_queries(folder: Path = QUERIES_DIR) -> list[ExampleQuery]:
    """The queries of a folder, in the order of their names."""
    return [_parse_query(path) for path in sorted(folder.glob("*.sql"))]


def _parse_query(path: Path) -> ExampleQuery:
    text = path.read_text(encoding="utf-8").strip()
    comment = re.match(r"(?:--[^\n]*\n)*", text)
    head = comment.group() if comment else ""
    title = " ".join(line.removeprefix("--").strip() for line in head.splitlines())
    return ExampleQuery(title=title or path.stem, sql=text.removeprefix(head).strip())


def _quarantined_rows(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    if _exists(connection, QUARANTINED_ROWS):
        tables = connection.execute(
            f"""
            select contract_table, count(*)
            from {QUARANTINED_ROWS}
            where not is_replaced
            group by contract_table
            order by contract_table nulls last
            """
        ).fetchall()
        for table, count in tables:
            what = f"Quarantined rows of {table}" if table else "Rows that could not be read"
            which = f"contract_table = '{table}'" if table else "contract_table is null"
            yield (
                f"{what}: {count:,} "
                f"(select * from {QUARANTINED_ROWS} where {which} and not is_replaced)"
            )


def _rows_out_of_time(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Rows far from all others, or later than what was written by then; they do not move as_of."""
    if not _exists(connection, TIME_SPAN):
        return
    for table, column in MOMENTS:
        versions = f"intermediate.int_{table}_versioned"
        # an order or a close far before the rest is older history
        is_early = "false" if column in ("closed_at", "ordered_at") else f"{column} < begins_at"
        for side, is_out in (("after", f"{column} > ends_at"), ("before", is_early)):
            count, bound, samples = connection.execute(
                f"""
                select
                    count(*),
                    any_value({"ends_at" if side == "after" else "begins_at"}),
                    list(
                        _source_file || ', row ' || _source_row || ': ' || {column}
                        order by _source_file, _source_row
                    )[:{SAMPLES}]
                from {versions} cross join {TIME_SPAN}
                where _outcome = 'staged' and {is_out}
                """
            ).fetchone() or (0, None, [])
            if count:
                shown = "; ".join(printable(sample) for sample in samples)
                yield (
                    f"{column} of {table} {side} all else ({bound}, UTC): {count:,} "
                    f"({shown}{' ...' if count > SAMPLES else ''})"
                )


def _unmapped_statuses(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    if _exists(connection, UNMAPPED_STATUSES):
        statuses = connection.execute(
            f"""
            select source_system, status_field, status, event_count
            from {UNMAPPED_STATUSES}
            order by event_count desc, source_system, status, status_field
            """
        ).fetchall()
        for system, field, status, count in statuses:
            kind = "working status" if field == "working" else "status"
            yield (
                f"Unmapped {kind} '{printable(status)}' of {printable(system)}: {count:,} events "
                "(map it to a stage in the words of its source or in seeds/stage_map.csv)"
            )


def _unknown_words(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    if _exists(connection, UNKNOWN_WORDS):
        columns = connection.execute(
            f"""
            select
                source_system, contract_table || '.' || column_name, sum(row_count), count(*),
                max_by(word, row_count, 3)
            from {UNKNOWN_WORDS}
            group by 1, 2
            order by 3 desc, 1, 2
            """
        ).fetchall()
        for system, column, rows, count, words in columns:
            yield (
                f"Unknown words in {column} of {printable(system)}: {count:,} in {rows:,} rows, "
                f"most {', '.join(printable(repr(word)) for word in words)} "
                f"(give them a meaning in seeds/word_aliases.csv; all: {UNKNOWN_WORDS})"
            )


def _lost_references(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    if _exists(connection, REFERENCES):
        lost = connection.execute(
            f"""
            select source_system, contract_table, reference, refers_to, unmatched_rows,
                reference_rows, sample, likely_cause
            from {REFERENCES}
            where unmatched_rows > 0 and (has_targets or refers_to in ('leads', 'lead_addresses'))
            order by unmatched_rows desc, source_system, contract_table, reference
            """
        ).fetchall()
        for system, table, column, target, rows, of_rows, sample, cause in lost:
            because = f"; {LIKELY_CAUSES[cause]}" if cause else ""
            yield (
                f"{rows:,} of {of_rows:,} {column} of {table} of {printable(system)} name none of "
                f"its {target.replace('_', ' ')}, for example {printable(sample)}{because} "
                f"(select * from {REFERENCES})"
            )


def _rare_segment_values(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    if _exists(connection, RARE_SEGMENT_VALUES):
        segments = connection.execute(
            f"""
            select segment_type, folds_into, count(*), min_by(segment_value, value_rank, {SAMPLES})
            from {RARE_SEGMENT_VALUES}
            group by segment_type, folds_into
            order by segment_type
            """
        ).fetchall()
        for segment, folds_into, count, values in segments:
            shown = ", ".join(printable(repr(value)) for value in values)
            yield (
                f"Rare values of {segment}, counted as '{folds_into}': {count:,}, such as {shown} "
                f"(set segment_values_kept to keep more; all: {RARE_SEGMENT_VALUES})"
            )


def _shared_addresses(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Shared addresses by kind, never the address itself."""
    if _exists(connection, SHARED_ADDRESSES):
        shared = connection.execute(
            f"""
            select kind, count(*), sum(lead_count)
            from {SHARED_ADDRESSES}
            where lead_count > 1
            group by kind
            order by kind
            """
        ).fetchall()
        for kind, addresses, leads in shared:
            yield (
                f"E-mail addresses that identify nobody ({kind}): {addresses:,}, "
                f"of {leads:,} leads (select * from {SHARED_ADDRESSES} where kind = '{kind}'; see "
                "seeds/shared_mailboxes.csv and identity_max_names_by_email)"
            )


def _deal_findings(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    if _exists(connection, DEAL_FINDINGS):
        findings = connection.execute(
            f"""
            select finding, source_system, count(*)
            from {DEAL_FINDINGS}
            group by finding, source_system
            order by finding, source_system
            """
        ).fetchall()
        for finding, system, count in findings:
            yield (
                f"{finding.replace('_', ' ').capitalize()}, in {printable(system)}: {count:,} "
                f"(select * from {DEAL_FINDINGS} where finding = '{finding}')"
            )


def _exists(connection: duckdb.DuckDBPyConnection, relation: str) -> bool:
    schema, table = relation.split(".")
    found = connection.execute(
        "select 1 from information_schema.tables where table_schema = ? and table_name = ?",
        [schema, table],
    ).fetchone()
    return found is not None
