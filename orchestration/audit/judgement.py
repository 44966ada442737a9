"""Great Expectations judges figures: a suite and a DataFrame of one row per boundary table.

Data Docs are built once, after all tables were judged.
"""

import logging
import shutil
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from orchestration.audit.figures import Figure
from orchestration.audit.thresholds import EVERY, Boundary, Threshold

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from great_expectations.data_context.types.base import DataContextConfig
    from great_expectations.expectations.expectation import Expectation

SITE = "audit"

Measured = Sequence[tuple[Threshold, Figure]]


def judge(boundary: Boundary, measured: Measured, docs_dir: Path | None) -> dict[str, bool]:
    """Judge each figure against its threshold: True where it is met, by the threshold's name.

    Thresholds without a figure are left out. `docs_dir` gets the Data Docs, or goes where
    nothing was judged; None builds none.
    """
    judged = [(row, figure) for row, figure in measured if figure.value is not None]
    by_table = {
        table: list(rows) for table, rows in groupby(sorted(judged, key=_table_of), key=_table_of)
    }
    if not by_table:
        # the pages of the audit before would speak for this one
        if docs_dir is not None:
            shutil.rmtree(docs_dir, ignore_errors=True)
        return {}
    with _quiet():
        return _run(boundary, by_table, docs_dir)


def figures_of(rows: Measured) -> pd.DataFrame:
    """The figures of a boundary table: one row, a column per expectation."""
    return pd.DataFrame({column_of(row): [figure.value] for row, figure in rows}, dtype=float)


def suite_of(name: str, rows: Measured) -> "ExpectationSuite":
    """The suite of a boundary table: an expectation per threshold."""
    import great_expectations as gx  # noqa: PLC0415  (7 s to import)

    return gx.ExpectationSuite(
        name=name,
        expectations=[expectation_of(row, figure) for row, figure in rows],
    )


def expectation_of(row: Threshold, figure: Figure) -> "Expectation":
    """The figure of the row lies within its limits; what a person needs stands in the notes."""
    from great_expectations.expectations.core.expect_column_max_to_be_between import (  # noqa: PLC0415
        ExpectColumnMaxToBeBetween,
    )
    from great_expectations.expectations.metadata_types import FailureSeverity  # noqa: PLC0415

    notes = [f"Why: {row.reason}", f"What to do ({row.owner}): {row.remedy}"]
    if figure.detail:
        notes.append(f"Measured: {figure.detail}")
    if figure.samples:
        notes.append(f"For example: {'; '.join(figure.samples)}")
    return ExpectColumnMaxToBeBetween(
        column=column_of(row),
        min_value=row.minimum,
        max_value=row.maximum,
        severity=FailureSeverity(row.severity),
        notes=notes,
        meta={"name": row.name, "owner": row.owner},
    )


def column_of(row: Threshold) -> str:
    """The column of the figures that a threshold is about."""
    return row.expectation if row.column in (None, EVERY) else f"{row.expectation}_{row.column}"


def asset_of(table: str) -> str:
    """A boundary table's name as one word."""
    return "all_tables" if table == EVERY else table.replace(".", "__")


def _run(
    boundary: Boundary, by_table: Mapping[str, Measured], docs_dir: Path | None
) -> dict[str, bool]:
    import great_expectations as gx  # noqa: PLC0415  (7 s to import)

    context = gx.get_context(mode="ephemeral", project_config=_project(docs_dir))
    source = context.data_sources.add_pandas("figures")
    run = gx.RunIdentifier(run_time=datetime.now(UTC))
    judgement: dict[str, bool] = {}
    for table, rows in by_table.items():
        name = f"{boundary}.{asset_of(table)}"
        definition = context.validation_definitions.add(
            gx.ValidationDefinition(
                name=name,
                data=source.add_dataframe_asset(name).add_batch_definition_whole_dataframe(
                    "figures"
                ),
                suite=context.suites.add(suite_of(name, rows)),
            )
        )
        # no checkpoint: it would hand one DataFrame to all tables
        validation = definition.run(
            batch_parameters={"dataframe": figures_of(rows)}, result_format="BASIC", run_id=run
        )
        judgement |= map(_judgement, validation.results)
    if docs_dir is not None:
        shutil.rmtree(docs_dir, ignore_errors=True)
        context.build_data_docs()
    return judgement


def _judgement(expectation: Any) -> tuple[str, bool]:
    name: str = expectation.expectation_config.meta["name"]
    # a figure that could not be read is a fault of the audit, not of the data
    if expectation.result.get("observed_value") is None:
        raise RuntimeError(f"{name} was not judged: {expectation.exception_info}")
    return name, bool(expectation.success)


def _project(docs_dir: Path | None) -> "DataContextConfig":
    """Nothing is kept but the Data Docs, and nothing is told to anyone."""
    from great_expectations.data_context.types.base import (  # noqa: PLC0415
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    site = {
        "class_name": "SiteBuilder",
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        "store_backend": {
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(docs_dir.resolve()) if docs_dir else "",
        },
    }
    return DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        data_docs_sites={SITE: site} if docs_dir else {},
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
    )


def _table_of(measured: tuple[Threshold, Figure]) -> str:
    return measured[0].table


@contextmanager
def _quiet() -> Iterator[None]:
    # its own remarks about its own internals would stand between the lines of the build
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
