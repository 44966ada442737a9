"""The command line `funnel`. A command imports what it needs when it runs: `--help` is quick."""

from orchestration.cli import (
    audit,
    build,
    dashboard,
    doctor,
    erase,
    postgres,
    releases,
    restore,
    services,
    simulate,
    source,
)
from orchestration.cli.application import app

__all__ = [
    "app",
    "audit",
    "build",
    "dashboard",
    "doctor",
    "erase",
    "postgres",
    "releases",
    "restore",
    "services",
    "simulate",
    "source",
]
