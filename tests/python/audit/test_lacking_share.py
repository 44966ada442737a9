"""Records that the newest whole export of a table lacks, against those that live before it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import duckdb
import pytest

from orchestration.audit import Boundary, checks, landed_figures, planned_checks, read_thresholds
from orchestration.audit.figures import Figure
from orchestration.audit.landed_figures import measure_landed
from orchestration.contract import WHOLE_EXPORT, RawTable, raw_tables

Exports = Sequence[tuple[Iterable[int], bool]]
"""The leads of each export, and whether an audit let it pass."""


@pytest.fixture
def leads_are_exported_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def tables(source: str) -> list[RawTable]:
        [leads] = [table for table in raw_tables(source) if table.name == "leads"]
        return [replace(leads, load=WHOLE_EXPORT)]

    for module in (checks, landed_figures):
        monkeypatch.setattr(module, "raw_tables", tables)


def lacking(exports: Exports, expectation: str = "lacking_share") -> Figure:
    with duckdb.connect() as connection:
        connection.execute(
            """
            create schema raw_files;
            create table raw_files.landed_files (file_id text, table_name text, source_file text,
                row_count bigint, error text, may_delete boolean, loaded_at timestamp);
            create table raw_files.leads (lead_id text, created_at text, _file_id text,
                _source_file text, _source_row bigint, _loaded_at timestamp, _load_error text)
            """
        )
        for number, (leads, may_delete) in enumerate(exports):
            file, moment = f"leads/{number:02}.csv", datetime(2025, 1, 1, number, tzinfo=UTC)
            connection.execute(
                "insert into raw_files.landed_files values (?, 'leads', ?, 1, null, ?, ?)",
                [file, file, may_delete, moment.replace(tzinfo=None)],
            )
            for row, lead in enumerate(leads, start=1):
                connection.execute(
                    "insert into raw_files.leads values (?, '2024', ?, ?, ?, ?, null)",
                    [str(lead), file, file, row, moment.replace(tzinfo=None)],
                )
        planned = planned_checks(Boundary.landed, ["files"])
        figures = measure_landed(connection, planned, ["files"], since=datetime(2024, 12, 31))
    [figure] = [
        figure
        for check, figure in zip(planned, figures, strict=True)
        if check.expectation == expectation and check.column is None
    ]
    return figure


@pytest.mark.usefixtures("leads_are_exported_whole")
@pytest.mark.parametrize(
    ("exports", "share"),
    [
        pytest.param([(range(40), False)], None, id="a first export lacks nothing"),
        pytest.param([(range(40), True), (range(20), True)], None, id="an accepted one is settled"),
        pytest.param([(range(40), True), (range(38), False)], 0.05, id="against the one before"),
        pytest.param([(range(40), True), ([], False)], 1.0, id="one without rows lacks all"),
        pytest.param(
            [(range(40), True), (range(20), True), (range(19), False)],
            0.05,
            id="what was deleted lives no more",
        ),
        pytest.param(
            [(range(40), True), (range(20), False), (range(20), False)],
            0.5,
            id="one that was stopped is no measure for the next",
        ),
        pytest.param(
            [(range(40), True), (range(40, 50), False), (range(40), False)],
            0.2,
            id="nor is what it added forgotten",
        ),
        pytest.param(
            [(range(number, 40), False) for number in range(21)],
            1 / 21,
            id="a history that is loaded at once goes step by step",
        ),
    ],
)
def test_share_of_living_records_that_the_newest_export_lacks(
    exports: Exports, share: float | None
) -> None:
    figure = lacking(exports)
    assert figure.value == share, figure.detail


@pytest.mark.usefixtures("leads_are_exported_whole")
def test_the_figure_names_the_file_the_counts_and_some_rows() -> None:
    assert lacking([(range(40), True), (range(4, 40), False)]) == Figure(
        0.1,
        "leads/01.csv lacks 4 of the 40 records that the exports before it hold",
        ("leads/00.csv row 1", "leads/00.csv row 2", "leads/00.csv row 3"),
    )


@pytest.mark.usefixtures("leads_are_exported_whole")
def test_exports_repeat_each_other() -> None:
    assert lacking([(range(200), False), (range(200), False)], "repeated_share").value == 0


def test_tables_that_add_rows_have_no_such_check() -> None:
    [row] = [row for row in read_thresholds() if row.expectation == "lacking_share"]
    assert row.load == WHOLE_EXPORT
    assert row.allows(0.05)
    assert not row.allows(0.0501)
    assert row not in planned_checks(Boundary.landed, ["files"])
    assert not planned_checks(Boundary.landed, ["files"], thresholds=[row])
