"""Benchmarks: seconds of a build, and dbt's ratio to the same SQL run straight."""
