"""Former place of `orchestration.instance.run_launcher`, for deployed files that name it."""

raise ImportError(
    "orchestration.run_launcher is now orchestration.instance.run_launcher: change `module` in "
    "$DAGSTER_HOME/dagster.yaml, or copy deploy/dagster.yaml there again."
)
