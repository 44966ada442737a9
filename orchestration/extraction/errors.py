"""Errors of a pull, addressed to the person who must act."""

from collections.abc import Iterator

from orchestration.errors import FunnelError

WHEN_AWAY = "Pull again when it answers, or build with --no-extract; what was pulled before stays."


class ExtractionError(FunnelError):
    """A source cannot be pulled as it is declared or configured."""


class OriginAwayError(ExtractionError):
    """The database or the bucket does not answer; the same pull may succeed later."""


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error, what caused it, and so on."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or getattr(found, "orig", None)


def root_of(error: BaseException) -> str:
    """The first line of what went wrong first, without what dlt and SQLAlchemy say around it."""
    *_, root = causes(error)
    return (str(root).strip().splitlines() or [type(root).__name__])[0].rstrip(".")
