"""Helpers of the simulator's tests."""

from pathlib import Path

import pandas as pd

from simulator import SimulationConfig

COMPANY = SimulationConfig(leads=12_000, months=12, seed=3, activities_per_lead=8, dirty_share=0.01)


def read(out: Path, table: str) -> pd.DataFrame:
    """All rows of a table as text, in the order of the files' names."""
    return pd.concat(
        [
            pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
            for path in sorted((out / table).glob("*.csv"))
        ],
        ignore_index=True,
    )
