"""Documentation of the release: dbt's pages and the dashboard."""

import shutil

import dagster as dg
from dagster_dbt import DbtCliResource

from orchestration.build.child import ends_with_this_process
from orchestration.build.dbt import environment_of_dbt, vars_arguments
from orchestration.defs.dbt.assets import PROJECT
from orchestration.defs.release.release import release
from orchestration.defs.shared.retries import permanent_unless_passing, retry_policy
from orchestration.settings import load_settings
from orchestration.warehouse.paths import Warehouse


@dg.asset(
    deps=[release],
    description="dbt's documentation of every model and column, as one page that needs no server.",
    group_name="documentation",
    kinds={"dbt", "html"},
    owners=["team:analytics-engineering"],
    retry_policy=retry_policy(),
)
def dbt_docs(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> dg.MaterializeResult[None]:
    """Write the page from the current release; the work database is left alone."""
    settings = load_settings()
    target = PROJECT.project_dir / PROJECT.target_path / "runs" / f"{context.run.run_id}-docs"
    page = settings.warehouse / "documentation" / "dbt.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    with permanent_unless_passing(), environment_of_dbt(settings):
        arguments = ["docs", "generate", "--static", "--target", "serve"]
        writing = dbt.cli([*arguments, *vars_arguments(settings)], target_path=target)
        with ends_with_this_process(writing.process):
            writing.wait()
        shutil.move(target / "static_index.html", page)
    shutil.rmtree(target)
    return dg.MaterializeResult(
        metadata={"path": dg.MetadataValue.path(page), "bytes": page.stat().st_size}
    )


@dg.asset(
    deps=[release],
    description="The release as one page with charts that needs no server.",
    group_name="documentation",
    kinds={"altair", "html"},
    owners=["team:revenue-operations"],
    retry_policy=retry_policy(),
)
def dashboard() -> dg.MaterializeResult[None]:
    """Write the page of the current release, in English."""
    from orchestration.dashboard.page import write_dashboard  # noqa: PLC0415  (draws)

    with permanent_unless_passing():
        page = write_dashboard(Warehouse(load_settings().warehouse))
    return dg.MaterializeResult(
        metadata={
            "path": dg.MetadataValue.path(page.path),
            "bytes": page.byte_count,
            "release": page.release_id,
            "charts": len(page.charts),
        }
    )
