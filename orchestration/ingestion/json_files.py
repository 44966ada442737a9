"""JSON documents, such as an answer of an API: an array of records, or one that lies under keys."""

import json
from pathlib import Path
from typing import Any

from orchestration.contract import RawTable
from orchestration.ingestion.errors import FileError

MAX_DOCUMENT_BYTES = 256 << 20
"""Largest document (256 MiB): it is read as a whole."""


def write_record_lines(document: Path, table: RawTable, target: Path) -> None:
    """Write the records of a document to `target` as JSON lines, in their order.

    Raises:
        FileError: it is no JSON, has no array where the table's records lie, or is too large.
    """
    if document.stat().st_size > MAX_DOCUMENT_BYTES:
        raise FileError(
            f"a JSON document of more than {MAX_DOCUMENT_BYTES:,} bytes, the limit",
            "Export it in parts, or as JSON lines (.jsonl)",
        )
    try:
        read = json.loads(document.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise FileError(
            f"not a JSON document ({error.msg})",
            "Land it again, complete; name it .jsonl if it has one object per line",
            error.lineno,
            error.colno,
        ) from error
    except RecursionError as error:
        raise FileError("a JSON document that is nested too deep", "Export it flatter") from error
    records = _records(read, table)
    if not any(isinstance(record, dict) and record for record in records):
        raise FileError(f"no record of {_place(table)} is an object with keys", "Export it again")
    # half of a character, which JSON can escape and UTF-8 has not, stays escaped: that row is bad
    with target.open("w", encoding="utf-8", errors="backslashreplace") as lines:
        for record in records:
            lines.write(json.dumps(record, ensure_ascii=False) + "\n")


def _records(read: Any, table: RawTable) -> list[Any]:
    found = read
    for key in table.records.split(".") if table.records else ():
        found = found.get(key) if isinstance(found, dict) else None
    if isinstance(found, list):
        return found
    arrays = [k for k, v in read.items() if isinstance(v, list)] if isinstance(read, dict) else []
    declare = f"`records: {arrays[0] if arrays else '<key>'}`"
    raise FileError(
        f"{_place(table)} is no array of records",
        f"Declare the key that they lie under as {declare} in the meta of table {table.name} in "
        f"{table.declared_in}",
    )


def _place(table: RawTable) -> str:
    return f"'{table.records}'" if table.records else "the document"
