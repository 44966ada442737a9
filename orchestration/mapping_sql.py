"""The SQL of a mapping as dbt compiles it, to run outside of dbt."""

import re
from collections.abc import Callable, Mapping

from orchestration.contract import PROJECT_DIR
from orchestration.sql import file_literal

Mappings = Callable[[str], Mapping[str, str]]
"""Gives the compiled SQL of a source's mappings by contract table."""

SEEDS = "reference"
"""Schema of the seeds."""


def standalone(sql: str) -> str:
    """The mapping as it runs wherever the raw tables are: its seeds are read from their files."""
    # the catalog that dbt names is that of the database that it compiled for
    unqualified = re.sub(r'"\w+"\.("\w+"\."\w+")', r"\1", sql)
    return re.sub(rf'"{SEEDS}"\."(\w+)"', lambda seed: _rows_of_seed(seed[1]), unqualified)


def _rows_of_seed(name: str) -> str:
    path = PROJECT_DIR / "seeds" / f"{name}.csv"
    return f"read_csv({file_literal(path)}, all_varchar = true)"
