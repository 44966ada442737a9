"""What Dagster shows and runs: assets, checks, jobs, schedules and sensors, a module each."""
