"""Search for the erased persons by their tombstones, without knowing what they are called.

Every text is hashed as the register's key does it: whole, by its fields, and by its words, some
in a row. A number alone names nobody, so ids of digits are looked for only where ids of
leads, customers and visitors stand. What a row says of its own person is no finding: somebody of
the same name, or who came back.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from orchestration.erasure.creations import Creations
from orchestration.erasure.proof import DATABASES, Finding, text_columns
from orchestration.erasure.pseudonyms import equip, is_tombstone
from orchestration.erasure.raw import (
    FIELD_ENDS,
    WORD_ENDS,
    count_persons,
    mark,
    said_of_others,
)
from orchestration.erasure.raw_rows import raw_rows
from orchestration.erasure.register import Register, Tombstone
from orchestration.erasure.release_tables import OLD, count_ids, tables_of_release
from orchestration.mapping_sql import Mappings
from orchestration.releases.store import release_ids
from orchestration.sql import literal
from orchestration.warehouse.paths import DATABASE_FILE, Warehouse

LONGEST_NAME = 3
"""Words of a name that stands within a text."""


def search_by_tombstones(
    warehouse: Warehouse, register: Register, mappings: Mappings
) -> list[Finding]:
    """Every place of the warehouse folder that still names a person of the register."""
    if register.key is None or not register.tombstones:
        return []
    databases = (warehouse.work_database, warehouse.replaced_dir / DATABASE_FILE)
    living: set[str] = set()
    findings: list[Finding] = []
    for database in databases:
        if database.is_file():
            findings += _in_raw_tables(database, register, mappings, living)
    for release_id in release_ids(warehouse):
        findings += _in_ids(warehouse.releases_dir / release_id / DATABASE_FILE, register)
    files = [
        path
        for path in sorted(warehouse.root.rglob("*"))
        if path.is_file() and not path.is_symlink() and warehouse.erasures_dir not in path.parents
    ]
    mentions = {
        stone: moment
        for stone, moment in register.tombstones.items()
        if stone.kind == "mention" and stone.digest not in living
    }
    for path in files:
        if path.suffix in DATABASES:
            findings += _in_columns(path, register.key, mentions)
    findings += _in_texts(
        [path for path in files if path.suffix not in DATABASES], register.key, mentions
    )
    return findings


def _in_raw_tables(
    database: Path, register: Register, mappings: Mappings, living: set[str]
) -> Iterator[Finding]:
    """Rows of erased persons; `living` gets the hashes of what rows say of other persons."""
    assert register.key is not None
    with duckdb.connect(str(database), read_only=True) as connection:
        equip(connection, register.key, register.tombstones)
        creations = Creations(connection, mappings)
        for rows in raw_rows(connection):
            if not rows.has_people:
                continue
            mark(connection, rows, creations)
            living |= said_of_others(connection, rows)
            if count := count_persons(connection, rows):
                yield Finding(database, rows.relation.replace('"', ""), count)


def _in_ids(database: Path, register: Register) -> Iterator[Finding]:
    assert register.key is not None
    with duckdb.connect() as connection:
        equip(connection, register.key, register.tombstones)
        connection.execute(f"attach {literal(str(database))} as {OLD} (read_only)")
        if count := count_ids(connection, tables_of_release(connection)):
            yield Finding(database, "ids", count)


def _in_columns(
    path: Path, key: bytes, mentions: Mapping[Tombstone, datetime]
) -> Iterator[Finding]:
    """Columns of a database or Parquet file; a key is a hash itself and names nobody."""
    with duckdb.connect() as connection:
        equip(connection, key, mentions)
        for relation, columns in text_columns(connection, path).items():
            texts = [
                f"select {literal(place)} as place, {value} as text from {relation}"
                for place, value in columns
                if not place.endswith("_key")
            ]
            if texts:
                for place, count in _naming(connection, " union ".join(texts)):
                    yield Finding(path, place, count)


def _in_texts(
    paths: Sequence[Path], key: bytes, mentions: Mapping[Tombstone, datetime]
) -> Iterator[Finding]:
    """Files that hold text, such as reports and logs."""
    texts = []
    for number, path in enumerate(paths):
        with suppress(UnicodeDecodeError):
            texts.append({"place": number, "text": path.read_text(encoding="utf-8")})
    if not texts:
        return
    with duckdb.connect() as connection:
        equip(connection, key, mentions)
        connection.register("texts_of_files", pa.Table.from_pylist(texts))
        for number, _ in _naming(connection, "from texts_of_files"):
            yield Finding(paths[number], "text of the file", 1)


def _naming(connection: duckdb.DuckDBPyConnection, texts: str) -> list[tuple[Any, int]]:
    """Places with the number of their texts that name somebody, of a query for place and text."""
    runs = [
        "word" + "".join(f" || ' ' || lead(word, {n}) over of_text" for n in range(1, length))
        for length in range(1, LONGEST_NAME + 1)
    ]
    return connection.execute(
        f"""
        with texts as (
            select row_number() over () as text_id, place, lower(text) as text
            from ({texts}) where text is not null
        ),

        words as (
            select
                text_id,
                rtrim(unnest(regexp_split_to_array(text, {WORD_ENDS})), '.!?') as word,
                generate_subscripts(regexp_split_to_array(text, {WORD_ENDS}), 1) as position
            from texts
        ),

        runs as (
            select text_id, unnest([{", ".join(runs)}]) as part
            from words
            window of_text as (partition by text_id order by position)
        ),

        parts as (
            select text_id, trim(unnest(regexp_split_to_array(text, {FIELD_ENDS}))) as part
            from texts
            union all
            from runs
        ),

        names as (
            select part from (select distinct part from parts)
            where not regexp_full_match(part, '[0-9]*') and {is_tombstone("mention", "part")}
        )

        select place, count(distinct text_id)
        from parts
        semi join names using (part)
        inner join texts using (text_id)
        group by place
        order by place
        """
    ).fetchall()
