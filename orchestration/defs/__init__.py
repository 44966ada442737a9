"""Dagster's definitions, a folder per concern."""
