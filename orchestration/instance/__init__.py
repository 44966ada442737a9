"""Components of a Dagster instance, named by its `dagster.yaml`."""
