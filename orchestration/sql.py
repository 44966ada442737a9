"""Names and values of the outside world, quoted for SQL text that takes no parameters."""

import glob
from pathlib import Path


def identifier(name: str) -> str:
    """A name as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def qualified(name: str) -> str:
    """`schema.table` as two quoted identifiers."""
    schema, table = name.split(".", 1)
    return f"{identifier(schema)}.{identifier(table)}"


def literal(value: str) -> str:
    """A text as a string literal."""
    return "'" + value.replace("'", "''") + "'"


def file_literal(path: Path) -> str:
    """A path for DuckDB's file readers, which would otherwise take `*`, `?` and `[` as a glob."""
    return literal(glob.escape(str(path)))
