"""`python -m orchestration.cli` is `funnel`."""

from orchestration.cli import app

app()
