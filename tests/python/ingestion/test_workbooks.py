"""What the sheet of a workbook becomes: text as a person would write it in a CSV."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from support.loader_trial import Trial
from support.packed_files import repacked, saved, workbook

from orchestration.contract import contract_tables
from orchestration.ingestion.errors import FileError
from orchestration.ingestion.workbooks import write_csv

HEADER = ["Lead ID", "createdAt", "name"]
LEADS = [HEADER, [1, date(2024, 1, 31), "Ana"]]


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (12, "General", "12"),
        (12.0, "0.00", "12"),
        (0.1 + 0.2, "0%", "0.3"),
        (-1234.5, "#,##0.00", "-1234.5"),
        (42, "00000", "00042"),
        ("00042", "General", "00042"),
        (123456789012345, "General", "123456789012345"),
        (1234567890123456, "General", "1234567890123456.0"),
        (12345678901234567890, "General", "1.234567890123457e+19"),
        (True, "General", "true"),
        ("#N/A", "General", "#N/A"),
        (date(2024, 3, 1), "dd/mm/yyyy", "2024-03-01"),
        (datetime(2024, 3, 1), '[$-409]dd "of the hour" mmm', "2024-03-01"),
        (datetime(2024, 3, 1), "dd/mm/yyyy hh:mm", "2024-03-01 00:00:00"),
        (datetime(2024, 3, 1, 12, 30), "dd/mm/yyyy", "2024-03-01 12:30:00"),
        (time(9, 5), "h:mm", "09:05:00"),
        (timedelta(hours=36, seconds=5), "[h]:mm:ss", "36:00:05"),
        ('two\nlines, "quoted"', "General", 'two\nlines, "quoted"'),
    ],
)
def test_cell_becomes_text(trial: Trial, value: Any, number_format: str, text: str) -> None:
    book = Workbook()
    sheet: Any = book.active
    sheet.append(HEADER)
    sheet.append([1, "2024-01-01", value])
    sheet["C2"].number_format = number_format
    trial.land("leads/a.xlsx", saved(book))
    assert [result.error for result in trial.load().files] == [None]
    assert trial.query("select name from raw_files.leads") == [(text,)]


def test_rows_are_numbered_and_blank_ones_are_none(trial: Trial) -> None:
    rows = [*LEADS, [], [None, None], [2, "2024", None, None], [3, "2024", "x", "too many"], []]
    trial.land("leads/a.xlsx", workbook({"Leads": rows}))
    [result] = trial.load().files
    assert (result.row_count, result.rejected_row_count, result.read_as) == (3, 1, ())
    assert trial.query(
        "select _source_row, lead_id, name, _load_error from raw_files.leads order by 1"
    ) == [
        (1, "1", "Ana", None),
        (2, "2", None, None),
        (3, None, None, "line 6: 4 fields where the header has 3"),
    ]


def test_gap_of_a_million_rows_is_nothing(trial: Trial) -> None:
    sheet = """<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
        <dimension ref="A1:B1"/><sheetData>
        <row r="1"><c t="str"><v>lead_id</v></c><c t="str"><v>created_at</v></c></row>
        <row r="1000000"><c><v>1</v></c><c><v>2024</v></c></row>
        </sheetData></worksheet>"""
    content = repacked(workbook({"Leads": []}), {"xl/worksheets/sheet1.xml": sheet.encode()})
    trial.land("leads/a.xlsx", content)
    assert [file.row_count for file in trial.load().files] == [1]


def test_merged_cells_have_the_value_of_the_first(trial: Trial) -> None:
    book = Workbook()
    sheet: Any = book.active
    for row in (HEADER, [1, "2024", "x"], [2, "2024", "y"]):
        sheet.append(row)
    sheet.merge_cells("C2:C3")
    trial.land("leads/a.xlsx", saved(book))
    trial.load()
    assert trial.query("select name from raw_files.leads order by lead_id") == [("x",), (None,)]


def test_the_only_visible_sheet_with_rows_is_taken(trial: Trial) -> None:
    sheets = {"Empty": [], "Leads": LEADS, "Lists": [["a"]]}
    trial.land("leads/a.xlsx", workbook(sheets, hidden=["Lists"]))
    [result] = trial.load().files
    assert (result.row_count, result.read_as) == (1, ("sheet 'Leads'",))


def test_several_sheets_need_a_declaration(tmp_path: Path) -> None:
    landed, lines = tmp_path / "a.xlsx", tmp_path / "a.csv"
    landed.write_bytes(workbook({"Leads": LEADS, "Deals": [["id"]]}))
    leads = contract_tables()["leads"]
    with pytest.raises(FileError, match=r"2 visible sheets.*'Leads', 'Deals'.*`sheet: <name>`"):
        write_csv(landed, leads, lines)
    with pytest.raises(FileError, match="no sheet 'Lead', and there are 'Leads', 'Deals'"):
        write_csv(landed, replace(leads, sheet="Lead"), lines)
    write_csv(landed, replace(leads, sheet="Deals"), lines)
    assert lines.read_text("utf-8") == "id\n"


@pytest.mark.parametrize(
    ("cell", "name", "error"),
    [
        ("<f>1+1</f><v>2</v>", "2", None),
        ("<f>1+1</f><v></v>", None, "line 2: the formula in C2 has no value"),
        ("<f>1+1</f>", None, "line 2: the formula in C2 has no value"),
    ],
)
def test_formula_lands_as_the_value_that_was_calculated(
    trial: Trial, cell: str, name: str | None, error: str | None
) -> None:
    sheet = f"""<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
        <sheetData>
        <row r="1"><c r="A1" t="inlineStr"><is><t>lead_id</t></is></c>
            <c r="B1" t="inlineStr"><is><t>created_at</t></is></c>
            <c r="C1" t="inlineStr"><is><t>name</t></is></c></row>
        <row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>2024</v></c><c r="C2">{cell}</c>
            <c r="D2" t="str"><f>""</f><v></v></c></row>
        </sheetData></worksheet>"""
    trial.land(
        "leads/a.xlsx",
        repacked(workbook({"Leads": LEADS}), {"xl/worksheets/sheet1.xml": sheet.encode()}),
    )
    [result] = trial.load().files
    assert error in result.error if error and result.error else result.error is error
    assert trial.query("select name from raw_files.leads") == ([] if error else [(name,)])
