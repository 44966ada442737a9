"""Tables of a database, pulled into Parquet files of the landing folder by dlt's `sql_database`.

A table with a cursor gives the rows that changed since the last pull, which dlt remembers; one
without is pulled whole. A pull that was killed is completed by the next one: dlt lands what it had
read, and reads the rest again, so that rows may land twice, never not at all.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

from orchestration.contract import Origin, RawTable
from orchestration.extraction.configuration import address, database_of, import_dlt
from orchestration.extraction.errors import (
    WHEN_AWAY,
    ExtractionError,
    OriginAwayError,
    causes,
    root_of,
)
from orchestration.extraction.landed_file import land
from orchestration.ingestion.discovery import belongs_to
from orchestration.text import column_name

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

ENDING = ".parquet"
CHUNK_ROWS = 50_000
"""Rows in memory at a time."""
CURSORS = frozenset(
    {"updated_at", "updated_on", "updated", "update_time", "modified_at", "modified_on", "modified"}
    | {"last_modified", "last_modified_at", "last_modified_date", "date_modified", "changed_at"}
    | {"system_modstamp", "write_date", "hs_lastmodifieddate", "lastmodifieddate"}
)
"""Names of columns that say when a row last changed."""


def pull_tables(
    source: str,
    tables: Sequence[RawTable],
    landing: Path,
    state: Path,
    echo: Callable[[str], None] = lambda _: None,
) -> None:
    """Pulls the tables of a source that have an origin, each into `<source>/<table>/` of landing.

    `state` is the folder in which dlt keeps cursors and what it has not landed yet. A table that
    has nothing new, or whole is what it was, lands no file.

    Raises:
        ExtractionError: the database is not configured, or lacks a table or column.
        OriginAwayError: it does not answer.
    """
    credentials = database_of(source)
    dlt = import_dlt()
    from dlt.common.storages.load_package import load_package_state  # noqa: PLC0415

    for table, _ in _origins(tables):
        _assert_files_are_found(table)

    @dlt.destination(  # type: ignore[untyped-decorator]
        batch_size=0, loader_file_format="parquet", max_parallel_load_jobs=1
    )
    def landing_folder(path: str, table: dict[str, Any]) -> None:
        moment = datetime.fromtimestamp(float(load_package_state()["load_id"]), UTC)
        # the same where dlt tries the file again
        number = crc32(Path(path).name.split(".")[1].encode())
        name = f"{moment:%Y-%m-%dT%H-%M-%S.%f}_{number}{ENDING}"
        target = landing / source / table["name"] / name
        echo(f"{target.relative_to(landing)}: {_land(Path(path), target)}")

    pipeline = dlt.pipeline(
        pipeline_name=f"extract_{source}",
        pipelines_dir=str(state),
        destination=landing_folder,
        dataset_name=source,
    )
    with _told(source, credentials), dlt.config.values({"restore_from_destination": False}):
        # what a killed pull had read already
        if pipeline.has_pending_data:
            pipeline.run()
        for table, origin in _origins(tables):
            echo(f"Pulling {source}.{table.name} from {_name(origin)}")
            resource = _resource(credentials, origin).with_name(table.name)
            pipeline.run([resource], loader_file_format="parquet")


def tables_there(source: str, schema: str | None = None) -> list[Origin]:
    """The tables and views of a database's schema, each with its cursor if one shows.

    Raises:
        ExtractionError: the database is not configured.
        OriginAwayError: it does not answer.
    """
    import sqlalchemy as sa  # noqa: PLC0415

    credentials = database_of(source)
    with _told(source, credentials):
        engine = sa.create_engine(credentials.to_native_representation())
        try:
            there = sa.inspect(engine)
            return [
                Origin(name, schema, _cursor(there.get_columns(name, schema)))
                for name in (*there.get_table_names(schema), *there.get_view_names(schema))
            ]
        finally:
            engine.dispose()


def _cursor(columns: Iterable[Mapping[str, Any]]) -> str | None:
    """The column that says when a row last changed."""
    from sqlalchemy.types import DateTime  # noqa: PLC0415

    return next(
        (
            str(column["name"])
            for column in columns
            if isinstance(column["type"], DateTime) and column_name(column["name"]) in CURSORS
        ),
        None,
    )


@contextmanager
def _told(source: str, credentials: Any) -> Iterator[None]:
    """Say in our words what dlt, SQLAlchemy and the driver could not do."""
    from dlt.pipeline.exceptions import PipelineStepFailed  # noqa: PLC0415
    from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError  # noqa: PLC0415

    try:
        yield
    except (PipelineStepFailed, SQLAlchemyError, ImportError, OSError) as error:
        what = f"{source} cannot be pulled from {address(credentials)}: {root_of(error)}."
        away = (OperationalError, InterfaceError, ConnectionError)
        if any(isinstance(cause, away) for cause in causes(error)):
            raise OriginAwayError(f"{what} {WHEN_AWAY}") from error
        raise ExtractionError(f"{what} Correct its yml or its database.") from error


def _assert_files_are_found(table: RawTable) -> None:
    folder = f"{table.source}/{table.name}"
    if not belongs_to(f"{folder}/2024{ENDING}", ENDING, table.files):
        raise ExtractionError(
            f"{table.declared_in}, table {table.name}: it is pulled into {folder}/, and its files "
            f"'{table.files}' do not lie there. Write files: {folder}/*."
        )


def _origins(tables: Sequence[RawTable]) -> Iterator[tuple[RawTable, Origin]]:
    return ((table, table.origin) for table in tables if table.origin)


def _name(origin: Origin) -> str:
    return f"{origin.schema}.{origin.table}" if origin.schema else origin.table


def _resource(credentials: Any, origin: Origin) -> Any:
    """The table as a dlt resource: exact numbers and moments as such, all else as its text."""
    import sqlalchemy as sa  # noqa: PLC0415
    from dlt.sources.sql_database import sql_table  # noqa: PLC0415

    def as_text(query: sa.Select[Any], table: sa.Table) -> sa.Select[Any]:
        return query.with_only_columns(
            *(
                column if _is_plain(column.type) else sa.cast(column, sa.Text).label(column.name)
                for column in table.columns
            )
        )

    return sql_table(
        credentials=credentials,
        table=origin.table,
        schema=origin.schema,
        incremental=_changed_since(origin.cursor) if origin.cursor else None,
        chunk_size=CHUNK_ROWS,
        backend="pyarrow",
        type_adapter_callback=lambda kind: kind if _is_plain(kind) else sa.Text(),
        query_adapter_callback=as_text,
    )


def _changed_since(cursor: str) -> Any:
    """Rows at or after the last value of the cursor, and rows without one.

    dlt would leave out rows of the last value that it has had, by their key: also one that changed
    again in that second or on that day.
    """
    from dlt.sources import incremental  # noqa: PLC0415

    return incremental(cursor, on_cursor_value_missing="include", primary_key=())


def _is_plain(kind: "TypeEngine[Any]") -> bool:
    """True for types that Parquet has, too."""
    from sqlalchemy import types  # noqa: PLC0415

    plain = (
        *(types.Integer, types.Numeric, types.Boolean, types.String),
        *(types.Date, types.DateTime, types.Time),
    )
    return isinstance(kind, plain) and not isinstance(kind, types.Enum)


def _land(path: Path, target: Path) -> str:
    """Lands a file unless the newest of the table is the same; says what became of it."""
    landed = sorted(target.parent.glob(f"*{ENDING}"))
    if landed and _digest(landed[-1]) == _digest(path):
        return "nothing changed"
    with path.open("rb") as file:
        return f"{land(file, target):,} bytes"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
