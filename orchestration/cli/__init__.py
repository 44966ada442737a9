"""The command line `funnel`. A command imports what it needs when it runs: `--help` is quick."""

from orchestration.cli import build, releases, services, simulate
from orchestration.cli.application import app

__all__ = ["app", "build", "releases", "services", "simulate"]
