"""The command line `funnel`. A command imports what it needs when it runs: `--help` is quick."""

from orchestration.cli import audit, build, postgres, releases, services, simulate
from orchestration.cli.application import app

__all__ = ["app", "audit", "build", "postgres", "releases", "services", "simulate"]
