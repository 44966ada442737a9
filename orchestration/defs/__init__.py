"""What Dagster shows and runs, a folder per concern."""
