"""Files that are not what they should be, and what becomes of each.

`REFUSED` stop at the loader, each with a message that helps. `TAKEN` load, and their rows are
staged or quarantined. `STRANGE_NAMES` are sound files that must do no harm by what they are called.
"""

import gzip
import io
import json
import struct
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from support.loader_trial import LEADS
from support.packed_files import archive, encrypted, repacked, stored, workbook

GOOD = f"{LEADS}1,2024-01-01\n2,2024-01-02\n"


def parquet(*columns: str) -> bytes:
    """A thousand rows that say x."""
    return parquet_of({column: ["x"] * 1000 for column in columns})


def parquet_of(columns: dict[str, object]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def constant_parquet(row_count: int) -> bytes:
    """One value, so often that a byte of the file stands for hundreds of rows."""
    value = pa.DictionaryArray.from_arrays(pa.array(np.zeros(row_count, "int8")), ["x"])
    return parquet_of({"lead_id": value, "created_at": value})


def with_footer_length(content: bytes, length: int) -> bytes:
    """A Parquet file that lies about how long its footer is."""
    return content[:-8] + struct.pack("<I", length) + content[-4:]


def zstd(text: str) -> bytes:
    buffer = pa.BufferOutputStream()
    with pa.CompressedOutputStream(buffer, "zstd") as stream:
        stream.write(text.encode())
    content: bytes = buffer.getvalue().to_pybytes()
    return content


def workbook_sheet(rows: str) -> bytes:
    """The XML of a sheet with these rows."""
    name = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{name}"><sheetData>{rows}</sheetData></worksheet>'.encode()


def many_laughs() -> bytes:
    """A sheet that grows a thousandfold with each of its entities."""
    names = "abcdefgh"
    entities = "".join(
        f'<!ENTITY {name} "{f"&{before};" * 1000}">' for before, name in pairwise(names)
    )
    return f'<!DOCTYPE x [<!ENTITY a "ha">{entities}]><x>&h;</x>'.encode()


BOOK = {"Leads": [["lead_id", "created_at"], [1, "2024-01-01"]]}


@dataclass(frozen=True)
class Refused:
    """A file's content, and what the message must say, the place first.

    Of an archive, `member` is refused.
    """

    content: str | bytes
    message: tuple[str, ...]
    member: str = ""


@dataclass(frozen=True)
class Taken:
    """A file's content, how many of its rows are staged, and why the others are quarantined.

    `reasons` are parts of the reasons, in the order of the rows; `nulled` rows lost an optional
    value that could not be read.
    """

    content: str | bytes
    staged: int
    reasons: tuple[str, ...] = ()
    nulled: int = 0


REFUSED = {
    "empty.csv": Refused(b"", ("the file is empty (0 bytes)", "Export it again")),
    "empty.csv.gz": Refused(b"", ("the file is empty (0 bytes)", "Export it again")),
    "empty.parquet": Refused(b"", ("the file is empty (0 bytes)", "Export it again")),
    "empty.jsonl": Refused(b"", ("the file is empty (0 bytes)", "Export it again")),
    "blank.jsonl": Refused("\n \n", ("line 1: no line is a JSON object",)),
    "cut.csv.gz": Refused(
        gzip.compress((LEADS + "".join(f"{i},{i * i}\n" for i in range(9_998))).encode())[:-9],
        ("line 10000: ", "cut off or damaged", "Land it again"),
    ),
    "bits.csv.gz": Refused(
        gzip.compress(GOOD.encode())[:-8] + b"\xff" * 8, ("line 4: ", "damaged", "CRC check failed")
    ),
    "not.csv.gz": Refused(
        GOOD, ("not gzip, although its name says so", "remove .gz from its name")
    ),
    "zipped.csv": Refused(gzip.compress(GOOD.encode()), ("compressed with gzip", "Add .gz")),
    "book.csv": Refused(
        b"PK\x03\x04" + b"\0" * 99, ("a ZIP archive or an Excel workbook", "Name it .zip")
    ),
    "zipped_zstd.csv": Refused(zstd(GOOD), ("compressed with Zstandard", "Add .zst")),
    "not.csv.zst": Refused(GOOD, ("not zstd, although its name says so", "remove .zst from")),
    "cut.csv.zst": Refused(
        zstd(LEADS + "".join(f"{i},{i * i}\n" for i in range(99_998)))[:-9],
        ("line ", "cut off or damaged", "Land it again"),
    ),
    "bomb.csv.zst": Refused(
        zstd(LEADS + "\n" * 80_000_000), ("unpacks to more than 67,108,864 bytes", "bomb")
    ),
    "parquet.csv": Refused(parquet("lead_id"), ("a Parquet file", "Name it .parquet")),
    "cut_utf16.csv": Refused(
        GOOD.encode("utf-16")[:-1],
        ("line 1: ", "begins as UTF-16, but is damaged or cut off", "Export it again"),
    ),
    "cut_utf16_bare.csv": Refused(
        GOOD.encode("utf-16-be")[:-1], ("line 1: ", "begins as UTF-16BE, but is damaged")
    ),
    "wide_header.csv": Refused(
        f"Łeads,{GOOD}".encode("utf-16-le"), ("line 1, column 4: ", "a NUL byte")
    ),
    "nul.csv": Refused(GOOD + "3,20\x0024\n", ("line 4, column 5: ", "a NUL byte")),
    "no_windows.csv": Refused(
        GOOD.encode() + b"3,Espa\xf1a \x81\n",
        ("line 4, column 7: ", "byte 0xF1 is not UTF-8, and nothing shows", "as UTF-8 text"),
    ),
    "mixed.csv": Refused(
        GOOD.encode() + b"3,Espa\xf1a\n" + "4,España\n".encode(),
        ("line 4, column 7: ", "byte 0xF1 is not UTF-8, and nothing shows"),
    ),
    "mixed_cyrillic.csv": Refused(
        GOOD.encode() + b"3,Espa\xf1a\n" + "4,Дом\n".encode(), ("line 4, column 7: ", "not UTF-8")
    ),
    "bom_latin.csv": Refused(
        f"\ufeff{GOOD}".encode() + b"3,Espa\xf1a\n", ("line 4, column 7: ", "not UTF-8")
    ),
    "mac_roman.csv": Refused(
        (GOOD + "3,España\n").replace("\n", "\r").encode("mac-roman"),
        ("line 4, column 7: ", "byte 0x96 is not UTF-8, and nothing shows"),
    ),
    "latin.jsonl": Refused(
        '{"lead_id": "ñ"}\n'.encode("latin-1"), ("required column 'created_at' is missing",)
    ),
    "half_a_character.csv": Refused(
        GOOD.encode() + b"3,\xc3", ("line 4, column 3: ", "0xC3", "half of")
    ),
    "renamed_semicolons.csv": Refused(
        "leads_id;fecha\n1;2024\n",
        (
            "line 1: required column 'lead_id', 'created_at' is missing",
            "found: none of the table's columns",
            "Rename 'leads_id' to 'lead_id'",
        ),
    ),
    "sep_colon.csv": Refused(
        "sep=:\nlead_id:created_at\n1:2\n",
        ("line 1: the delimiter ':' of its line sep=", "Export it with commas, semicolons"),
    ),
    "sep_wrong.csv": Refused(
        f"sep=;\n{GOOD}", ("line 2: required column 'lead_id', 'created_at' is missing",)
    ),
    "sep_alone.csv": Refused("sep=;\n", ("line 2: the first line is empty",)),
    "renamed.csv": Refused(
        "leads_id,created_at,email\n1,2024,x\n",
        (
            "line 1: required column 'lead_id' is missing",
            "found: leads_id, created_at, email",
            "Rename 'leads_id' to 'lead_id'",
        ),
    ),
    "lacking.parquet": Refused(
        parquet("lead_id", "moment"), ("required column 'created_at' is missing", "Add it")
    ),
    "lacking.jsonl": Refused('{"lead_id": 1}\n', ("required column 'created_at' is missing",)),
    "no_header.csv": Refused("1,2024-01-01\n", ("line 1: ", "found: none of the table's columns")),
    "blank_header.csv": Refused("\n1,2024-01-01\n", ("line 1: the first line is empty",)),
    "open_header.csv": Refused(
        '"lead_id,created_at\n1,2\n', ("line 1: the header cannot be read",)
    ),
    "twins.csv": Refused(
        "lead_id,created_at,Lead ID\n1,2,3\n", ("line 1: columns 'lead_id' and 'Lead ID' both",)
    ),
    "twins.parquet": Refused(
        parquet("lead_id", "created_at", "LEAD_ID"), ("'lead_id' and 'LEAD_ID' both",)
    ),
    "reserved.csv": Refused("lead_id,created_at,_File ID\n1,2,3\n", ("'_File ID' is reserved",)),
    "long.csv": Refused(
        GOOD + "3," + "x" * 10_000_000 + "\n4,2024\n", ("line 4: a line longer than 1,048,576",)
    ),
    "long.jsonl": Refused('{"lead_id": "' + "x" * 10_000_000, ("line 1: a line longer than",)),
    "text.parquet": Refused(GOOD, ("this is text, not Parquet", "Name it .csv")),
    "cut.parquet": Refused(
        parquet("lead_id", "created_at")[:-100], ("cut off or damaged", "Land it again")
    ),
    "bits.parquet": Refused(
        b"PAR1" + b"\xff" * 40 + parquet("lead_id", "created_at")[44:], ("cannot be read",)
    ),
    "array.jsonl": Refused(
        '[\n{"lead_id": 1, "created_at": 2}\n]\n', ("line 1: ", "a JSON array", "Name it .json")
    ),
    "prose.json": Refused("hello\n", ("line 1, column 1: ", "not a JSON document")),
    "cut.json": Refused('[{"lead_id": 1,', ("line 1, column 16: ", "Land it again, complete")),
    "lines.json": Refused('{"lead_id": 1}\n{"lead_id": 2}\n', ("line 2", "name it .jsonl")),
    "answer.json": Refused(
        '{"data": [{"lead_id": 1}]}', ("no array of records", "`records: data`", "table leads")
    ),
    "numbers.json": Refused("[1, 2]", ("no record of the document is an object",)),
    "prose.jsonl": Refused("\nhello\n", ("line 2: no line is a JSON object",)),
    "\udcff.csv": Refused(GOOD, ("its name is not UTF-8", "Rename it")),
    "zeros.csv.gz": Refused(
        gzip.compress(LEADS.encode() + b"\0" * 50_000_000), ("line 2, column 1: ", "a NUL byte")
    ),
    "bomb.csv.gz": Refused(
        gzip.compress(LEADS.encode() + b"\n" * 80_000_000),
        ("unpacks to more than 67,108,864 bytes", "decompression bomb", "land it unpacked"),
    ),
    "bomb.parquet": Refused(constant_parquet(30_000_000), ("claims 30,000,000 rows", "bomb")),
    "wide.csv": Refused(
        ",".join(["lead_id", "created_at", *(f"c{i}" for i in range(10_000))]) + "\n",
        ("line 1: 10,002 columns, the limit is 1,000", "Leave out"),
    ),
    "long_name.csv": Refused(
        f"lead_id,created_at,{'x' * 500}\n1,2,3\n", ("line 1: ", "has 500 characters", "Rename it")
    ),
    "nul_name.parquet": Refused(
        parquet("lead_id", "created_at", "a\0b"), ("'a\\x00b' contains a NUL", "Rename it")
    ),
    "latin_name.parquet": Refused(
        parquet("lead_id", "created_at", "espana").replace(b"espana", b"espa\xf1a"),
        ("its footer cannot be read",),
    ),
    "short_footer.parquet": Refused(
        with_footer_length(parquet("lead_id", "created_at"), 10), ("cut off or damaged",)
    ),
    "endless_footer.parquet": Refused(
        with_footer_length(parquet("lead_id", "created_at"), 2**31 - 1), ("cut off or damaged",)
    ),
    "lying_footer.parquet": Refused(
        parquet("lead_id", "created_at").replace(b"lead_id", b"lead_\xff\x7f"), ("damaged",)
    ),
    "empty.xlsx": Refused(b"", ("the file is empty (0 bytes)", "Export it again")),
    "page.xlsx": Refused(
        "\ufeff\n<html><table><tr><td>lead_id", ("a web page (HTML)", "save it as .xlsx or CSV")
    ),
    "sheet_2003.xlsx": Refused('<?xml version="1.0"?><Workbook/>', ("an XML document",)),
    "text.xlsx": Refused(GOOD, ("this is text, not a workbook", "Name it .csv")),
    "password.xlsx": Refused(b"\xd0\xcf\x11\xe0" + b"\0" * 99, ("one with a password",)),
    "noise.xlsx": Refused(b"\1\0" * 99, ("the workbook is cut off or damaged",)),
    "tables.xlsx": Refused(archive({"a.csv": GOOD}), ("holds no workbook", "Name it .zip")),
    "cut.xlsx": Refused(workbook(BOOK)[:-99], ("cut off or damaged", "Land it again")),
    "no_sheet.xlsx": Refused(
        repacked(workbook(BOOK), {"xl/worksheets/sheet1.xml": b"<worksheet"}), ("damaged",)
    ),
    "no_rows.xlsx": Refused(workbook({"A": [], "B": [[]]}), ("no visible sheets have rows",)),
    "sheets.xlsx": Refused(
        workbook(BOOK | {"Deals": BOOK["Leads"]}),
        ("2 visible sheets have rows, and there are 'Leads', 'Deals'", "`sheet: <name>`"),
    ),
    "no_value.xlsx": Refused(
        workbook({"Leads": [*BOOK["Leads"], ["=1+1", "2024"]]}),
        ("line 3: the formula in A3 has no value", "Open the workbook", "save it"),
    ),
    "wide.xlsx": Refused(
        workbook({"Leads": [["lead_id", "created_at", *map(str, range(10_000))]]}),
        ("line 1: 10,002 columns, the limit is 1,000",),
    ),
    "tall.xlsx": Refused(
        repacked(
            workbook(BOOK),
            {
                "xl/worksheets/sheet1.xml": workbook_sheet(
                    '<row r="1" /><row r="99999999999"><c><v>1</v></c></row>'
                )
            },
        ),
        ("claims more than 1,048,576 rows",),
    ),
    "bomb.xlsx": Refused(
        repacked(workbook(BOOK), {"xl/worksheets/sheet1.xml": b" " * 80_000_000}),
        ("unpacks to more than 67,108,864 bytes", "bomb"),
    ),
    "entities.xlsx": Refused(
        repacked(workbook(BOOK), {"xl/worksheets/sheet1.xml": many_laughs()}), ("damaged",)
    ),
    "text.zip": Refused(GOOD, ("the ZIP archive is cut off or damaged",)),
    "cut.zip": Refused(archive({"a.csv": GOOD})[:-9], ("cut off or damaged", "Land it again")),
    "cut_nested.zip": Refused(
        stored({"a.xlsx": workbook(BOOK)})[:-30], ("does not begin with a member", "Land it again")
    ),
    "bits.zip": Refused(
        stored({"a.csv": GOOD}).replace(b"2024-01-02", b"2024-01-03"),
        ("this member of the archive is cut off or damaged", "Land the archive again"),
        "/a.csv",
    ),
    "bomb.zip": Refused(archive({"a.csv": "\n" * 80_000_000}), ("unpacks to more than", "bomb")),
    "crowd.zip": Refused(
        archive({f"{number}.csv": "" for number in range(10_001)}), ("10,001 members",)
    ),
    "up.zip": Refused(archive({"../a.csv": GOOD}), ("leads out of the archive",), "/../a.csv"),
    "root.zip": Refused(archive({"/etc/a.csv": GOOD}), ("leads out of",), "//etc/a.csv"),
    "drive.zip": Refused(archive({"C:\\a.csv": GOOD}), ("leads out of",), "/C:/a.csv"),
    "twins.zip": Refused(
        archive({"a.csv": GOOD, "b.csv": GOOD}).replace(b"b.csv", b"a.csv"),
        ("the archive has 2 members of this name", "Pack it again"),
        "/a.csv",
    ),
    "secret.zip": Refused(
        encrypted(archive({"a.csv": GOOD})), ("is encrypted", "without a password"), "/a.csv"
    ),
    "nested.zip": Refused(
        archive({"in.zip": archive({"a.csv": GOOD})}), ("an archive within an archive",), "/in.zip"
    ),
    "unsound.zip": Refused(
        archive({"a.csv": "id\n1\n"}), ("line 1: required column 'lead_id'",), "/a.csv"
    ),
    "terminal.csv": Refused(
        "lead_id,created_at,_File ID\x1b[\n1,2,3\n",
        ("line 1: ", "the column name '_File ID\\x1b[' is reserved"),
    ),
    "lone_surrogate.jsonl": Refused(
        '{"lead_id": "\\ud800", "created_at": "2024"}\n', ("line 1: no line is a JSON object",)
    ),
}


def leads(file: str, *rows: str, columns: str = "created_at") -> str:
    """A CSV of leads whose ids are the file's own, so that no file supersedes another's rows."""
    lines = [f"{file}-{number},{row}" for number, row in enumerate(rows, start=1)]
    return "\n".join([f"lead_id,{columns}", *lines]) + "\n"


def json_leads(*rows: dict[str, object]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


DAY = "2024-01-01"
TAKEN = {
    "formulas.csv": Taken(
        leads(
            "formulas",
            f'{DAY},"=HYPERLINK(""http://evil.example"",""x"")"',
            f"{DAY},=cmd|' /C calc'!A0",
            f"{DAY},+1+1",
            f"{DAY},-1+1",
            f"{DAY},@SUM(A1)",
            columns="created_at,channel",
        ),
        staged=5,
    ),
    "sql.csv": Taken(
        leads(
            "sql",
            f"{DAY},'); drop table raw_files.leads; --",
            f'{DAY},"""; drop schema core cascade; --"',
            columns="created_at,channel",
        ),
        staged=2,
    ),
    "jinja.csv": Taken(
        leads(
            "jinja",
            f"{DAY},{{{{ env_var('HOME') }}}}",
            f"{DAY},{{% do adapter.drop_schema('core') %}}",
            columns="created_at,channel",
        ),
        staged=2,
    ),
    "markup.csv": Taken(
        leads("markup", f"{DAY},<script>alert(1)</script>", columns="created_at,channel"), staged=1
    ),
    "escapes.csv": Taken(
        leads(
            "escapes",
            f"{DAY},\x1b[2J\x1b]0;owned\x07",
            f"{DAY},\u202egpj.exe",
            "\x1b[31msoon,x",
            columns="created_at,channel",
        ),
        staged=2,
        reasons=("created_at is not a timestamp",),
    ),
    "emoji.csv": Taken(
        leads("emoji", f"{DAY},\U0001f469\u200d\U0001f4bb", columns="created_at,name"), 1
    ),
    "long_value.csv": Taken(leads("long", f"{DAY},{'x' * 900_000}", columns="created_at,name"), 1),
    "sql_header.csv": Taken(
        leads("head", f"{DAY},1", columns='created_at,"x""; drop table raw_files.leads; --"'), 1
    ),
    "sql_keys.jsonl": Taken(
        json_leads({"lead_id": "keys-1", "created_at": DAY, "x'); drop table a; --": 1, '"': 2}), 1
    ),
    "sql_names.parquet": Taken(
        parquet_of({"lead_id": ["names-1"], "created_at": [DAY], "a'\"; drop table b": ["1"]}), 1
    ),
    "deep.jsonl": Taken(
        json_leads({"lead_id": "deep-0", "created_at": DAY})
        + '{"lead_id": "deep-1", "created_at": "2024-01-01", "x": '
        + "[" * 200_000
        + "]" * 200_000
        + "}\n",
        staged=2,
    ),
    "nul.jsonl": Taken(
        json_leads(
            {"lead_id": "nul-1", "created_at": DAY},
            {"lead_id": "nul\0-2", "created_at": DAY},
            {"lead_id": "nul-3", "created_at": DAY, "a\0b": 1},
        ),
        staged=1,
        reasons=("line 2: a NUL character", "line 3: a NUL character"),
    ),
    "nul.parquet": Taken(
        parquet_of({"lead_id": ["nulp-1", "nulp\0-2"], "created_at": [DAY, DAY]}),
        staged=1,
        reasons=("row 2: a NUL character",),
    ),
    "surrogate.jsonl": Taken(
        json_leads({"lead_id": "surrogate-1", "created_at": DAY}) + '{"lead_id": "\\ud800"}\n',
        staged=1,
        reasons=("line 2: not a JSON object",),
    ),
    "twin_keys.jsonl": Taken(
        '{"lead_id": "twin-1", "lead_id": "twin-2", "created_at": "2024-01-01"}\n', 1
    ),
    "header_only.csv": Taken(LEADS, 0),
    "twice.csv": Taken(
        f"{LEADS}twice-1,{DAY}\ntwice-1,2024-01-02\n",
        staged=1,
        reasons=("a later row of the same file has the same key (lead_id)",),
    ),
    "no_id.csv": Taken(f"{LEADS},{DAY}\n  ,{DAY}\n", 0, ("lead_id is missing",) * 2),
    "times.csv": Taken(
        leads("times", "31/02/2024", "2999-01-01", "0001-01-01", "infinity", "epoch", "", "now"),
        staged=0,
        reasons=(
            "created_at is not a timestamp",
            "created_at is an impossible time",
            "created_at is an impossible time",
            "created_at is not a timestamp",
            "created_at is not a timestamp",
            "created_at is missing",
            "created_at is not a timestamp",
        ),
    ),
    "enum.csv": Taken(
        leads("enum", f"{DAY},aliens", columns="created_at,origin_owner"),
        staged=0,
        reasons=("origin_owner is not one of",),
    ),
    "numbers.csv": Taken(
        leads(
            "numbers",
            f"{DAY},many,1",
            f"{DAY},1e400,1",
            f"{DAY},1,99999999999999999999999",
            f"{DAY},nan,-inf",
            columns="created_at,employee_count,company_revenue",
        ),
        staged=4,
        nulled=4,
    ),
    "fields.csv": Taken(
        leads("fields", DAY, f"{DAY},too,many") + "lonely\n",
        staged=1,
        reasons=("4 fields where the header has 2", "1 fields where the header has 2"),
    ),
    "quotes.csv": Taken(
        leads("quotes", f'"{DAY}', DAY),
        staged=1,
        reasons=("a quote is opened and never closed",),
    ),
}

STRANGE_NAMES = (
    "a'); drop table raw_files.leads; --.csv",
    'a"; drop table raw_files.leads; --.csv',
    "{{ env_var('HOME') }}.csv",
    "{% do exceptions.raise_compiler_error('x') %}.csv",
    "new\nline.csv",
    "\x1b[31mred\x07.csv",
    "-rf.csv",
    "$(touch pwned).csv",
    "`touch pwned`.csv",
    "a[1]*?.csv",
    " spaces .csv",
    "%2e%2e%2fescape.csv",
    "=1+1.csv",
    "\u202egpj.csv",
)
