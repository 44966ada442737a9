"""The Dagster code location; `orchestration/defs` holds what it defines."""

import dagster as dg

from orchestration.contract import PROJECT_DIR


@dg.definitions
def defs() -> dg.Definitions:
    """Everything under `orchestration/defs`."""
    return dg.load_from_defs_folder(project_root=PROJECT_DIR)
