"""The dbt models, seeds and tests as assets and checks."""
