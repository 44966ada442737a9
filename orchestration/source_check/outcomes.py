"""Outcomes of the landed rows: staged, superseded, deleted, quarantined, or lost on the way."""

from orchestration.contract import RawTable
from orchestration.ingestion import LoadReport
from orchestration.source_check.findings import (
    FileRows,
    Quarantine,
    TableRows,
    UnreadValues,
)
from orchestration.source_check.landed import PLACES, Landed, raw, records
from orchestration.sql import identifier


def file_rows(landed: Landed, report: LoadReport) -> tuple[FileRows, ...]:
    """The files of a load, and their rows that no mapping uses."""
    unused = {
        (table.name, file): (rows, landed.samples(places))
        for table in landed.raw_tables
        for file, rows, places in _unused(landed, table)
    }
    return tuple(
        FileRows(
            file.path,
            file.table,
            file.row_count,
            file.rejected_row_count,
            *unused.get((file.table, file.path), (0, ())),
            error=file.error,
            read_as=file.read_as,
        )
        for file in report.files
    )


def table_rows(landed: Landed, table: RawTable) -> TableRows:
    """The records of a contract table by outcome, and its required columns without any value."""
    filled = ", ".join(f"count({identifier(name)})" for name in table.required_columns)
    [(rows, staged, superseded, deleted, quarantined, *values)] = landed.rows(
        f"""
        select
            count(*),
            count(*) filter (_outcome = 'staged'),
            count(*) filter (_outcome = 'superseded'),
            count(*) filter (_outcome = 'deleted'),
            count(*) filter (_outcome = 'quarantined'),
            {filled}
        from {records(table.name)}
        """
    )
    never_read = [
        name
        for name, count in zip(table.required_columns, values, strict=True)
        if rows and not count
    ]
    return TableRows(table.name, rows, staged, superseded, deleted, quarantined, tuple(never_read))


def quarantines(landed: Landed, table: RawTable) -> tuple[Quarantine, ...]:
    """Reasons for which records of a contract table are quarantined, the most frequent first."""
    found = landed.rows(
        f"""
        select _reason, count(*), {PLACES}
        from {records(table.name)}
        where _outcome = 'quarantined'
        group by 1
        order by 2 desc, 1
        """
    )
    return tuple(
        Quarantine(table.name, reason, rows, landed.samples(places))
        for reason, rows, places in found
    )


def unread_values(landed: Landed, table: RawTable) -> tuple[UnreadValues, ...]:
    """Optional columns with values that could not be read, in records that are not quarantined."""
    found = landed.rows(
        f"""
        select column_name, count(*), {PLACES}
        from (
            select *, unnest(string_split(_nulled_columns, ', ')) as column_name
            from {records(table.name)}
            where _nulled_columns is not null and _outcome != 'quarantined'
        ) as nulled
        group by 1
        order by 2 desc, 1
        """
    )
    return tuple(
        UnreadValues(table.name, column, rows, landed.samples(places))
        for column, rows, places in found
    )


def _unused(landed: Landed, table: RawTable) -> list[tuple[str, int, list[dict[str, object]]]]:
    """Files of a raw table with rows that give no record, though nothing declares them left out."""
    if table.is_lookup:
        return []
    left_out = " or ".join(f"({condition})" for condition in table.left_out)
    used = " union all ".join(
        f"select _file_id, _source_row from {records(filled.name)}"
        for filled in landed.contract_tables
    )
    return landed.rows(
        f"""
        select _source_file, count(*), {PLACES}
        from {raw(landed.source, table.name)}
        anti join ({used or "select null as _file_id, null as _source_row"}) as used
            using (_file_id, _source_row)
        where _load_error is null and ({left_out or "false"}) is not true
        group by 1
        order by 1
        """
    )
