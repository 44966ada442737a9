"""Former place of `orchestration.instance.event_storage`, for deployed files that name it."""

raise ImportError(
    "orchestration.event_storage is now orchestration.instance.event_storage: change `module` in "
    "$DAGSTER_HOME/dagster.yaml, or copy deploy/dagster.yaml there again."
)
