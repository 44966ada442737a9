"""Resources of the steps, and the executor of every run."""

import dagster as dg
from dagster_dbt import DbtCliResource

from orchestration.contract import PROJECT_DIR
from orchestration.defs.shared.writer import warehouse_writer

# One process per run: it holds the lock from load to publication, and starting a process per step
# costs more than the steps themselves.
defs = dg.Definitions(
    resources={
        "dbt": DbtCliResource(project_dir=PROJECT_DIR, profiles_dir=PROJECT_DIR),
        "writer": warehouse_writer,
    },
    executor=dg.in_process_executor,
)
