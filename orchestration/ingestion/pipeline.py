"""The dlt pipeline that appends what was read to the raw schema of one source."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.contract import LEDGER_TABLE, RawTable
from orchestration.ingestion.columns import METADATA
from orchestration.ingestion.errors import LoadError
from orchestration.ingestion.ledger import LEDGER, dataset_name

if TYPE_CHECKING:
    from dlt.common.schema.typing import TColumnSchema

_BATCH_ROWS = 122_880
"""Rows in memory at a time: a row group of DuckDB."""

_SETTINGS = {
    # the tables in the database say what is there; what dlt wrote down of them may be damaged
    "restore_from_destination": False,
    "normalize.parquet_normalizer.add_dlt_load_id": True,
    "data_writer.buffer_max_items": _BATCH_ROWS,
    "load.delete_completed_jobs": True,
}


def append(
    connection: duckdb.DuckDBPyConnection,
    work_dir: Path,
    source: str,
    files: Mapping[RawTable, Sequence[Path]],
    ledger: Sequence[Mapping[str, Any]],
) -> None:
    """Appends Parquet files to their raw tables, and entries to the ledger, as one dlt load.

    Every table of `files` is there afterwards, also one without files. The files are used up.

    Raises:
        LoadError: dlt or the database failed; nothing of this load counts.
    """
    # dlt takes seconds to import, and reads these two when it is imported
    os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
    os.environ.setdefault("RUNTIME__LOG_LEVEL", "CRITICAL")
    import dlt  # noqa: PLC0415
    from dlt.pipeline.exceptions import PipelineStepFailed  # noqa: PLC0415

    resources = [
        dlt.resource(_rows(table, paths), name=table.name, columns=_naive("_loaded_at"))
        for table, paths in files.items()
    ]
    entries = pa.Table.from_pylist([*ledger], schema=LEDGER)
    resources.append(dlt.resource([entries], name=LEDGER_TABLE, columns=_naive("loaded_at")))
    try:
        with dlt.config.values(_SETTINGS), _folder_for_dlt(work_dir) as folder:
            pipeline = dlt.pipeline(
                pipeline_name=source,
                pipelines_dir=folder,
                destination=dlt.destinations.duckdb(connection),
                dataset_name=dataset_name(source),
            )
            pipeline.run(resources, write_disposition="append")
    except (PipelineStepFailed, OSError) as error:
        step = f"The {error.step} step of loading" if hasattr(error, "step") else "Loading"
        raise LoadError(
            f"{step} source '{source}' failed: {_root(error)}. "
            "Nothing of it counts as loaded; fix the cause and load again."
        ) from error


def _folder_for_dlt(work_dir: Path) -> AbstractContextManager[str]:
    """The work folder; another one where its path has a `%`, which dlt fills in as a template."""
    if "%" in str(work_dir):
        return TemporaryDirectory(prefix="funnel-dlt-")
    return nullcontext(str(work_dir))


def _rows(table: RawTable, paths: Sequence[Path]) -> Iterator[pa.Table | pa.RecordBatch]:
    data = [pa.field(name, pa.string()) for name in table.column_names]
    yield pa.schema([*data, *METADATA]).empty_table()
    for path in paths:
        with pq.ParquetFile(path) as rows:
            yield from rows.iter_batches(_BATCH_ROWS)
        path.unlink()


def _naive(moment: str) -> dict[str, "TColumnSchema"]:
    # without the hint it becomes a timestamp with zone, which each reader sees in a zone of its own
    return {moment: {"name": moment, "data_type": "timestamp", "timezone": False}}


def _root(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error
