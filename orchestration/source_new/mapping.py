"""What one raw table gives to a contract table."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestration.source_new.exports import ReadTable
from orchestration.source_new.guesses import Guess
from orchestration.source_new.references import Lookup


@dataclass(frozen=True)
class TableMapping:
    """What one raw table gives to a contract table."""

    table: str
    raw: ReadTable
    columns: Mapping[str, Guess]
    reason: str
    question: str | None
    lookups: tuple[Lookup, ...] = ()
