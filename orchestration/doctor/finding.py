"""Subject and findings of the checks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from orchestration.settings import Settings
from orchestration.warehouse.paths import Warehouse


class Level(StrEnum):
    """Severity of a finding; an error blocks the next build or misleads readers."""

    ok = "ok"
    warning = "warning"
    error = "error"


@dataclass(frozen=True)
class Subject:
    """Subject of an examination. `now` is UTC, with its zone."""

    settings: Settings
    environment: Mapping[str, str]
    now: datetime

    @property
    def warehouse(self) -> Warehouse:
        """The warehouse of the settings."""
        return Warehouse(self.settings.warehouse)


@dataclass(frozen=True)
class Finding:
    """Finding of a check; `fix` is None if there is nothing to do."""

    check: str
    level: Level
    what: str
    fix: str | None = None


def fine(check: str, what: str) -> Finding:
    """Nothing to do."""
    return Finding(check, Level.ok, what)


def warning(check: str, what: str, fix: str) -> Finding:
    """Somebody should look, before it gets in the way."""
    return Finding(check, Level.warning, what, fix)


def error(check: str, what: str, fix: str) -> Finding:
    """It stands in the way of the next build, or readers get something wrong."""
    return Finding(check, Level.error, what, fix)
