"""How long Dagster keeps its runs."""
