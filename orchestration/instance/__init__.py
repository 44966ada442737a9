"""What a Dagster instance is configured with, beside this project's own definitions."""
