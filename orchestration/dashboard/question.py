"""A chart's question: query, headline and picture."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from orchestration.dashboard.drawing import Chart
from orchestration.dashboard.release import Row
from orchestration.dashboard.words import Language

Rows = Sequence[Row]


@dataclass(frozen=True)
class Headline:
    """The answer, and what the chart shows of whom."""

    answer: str
    says: str


@dataclass(frozen=True)
class Question:
    """A question that a chart answers; its texts in `words.yml` start with the key.

    `metrics` are those of the catalogue. `headline` and `picture` take the rows of the query, at
    least one; `has_something` tells whether rows are worth a chart.
    """

    key: str
    group: str
    metrics: tuple[str, ...]
    query: str
    headline: Callable[[Rows, Language], Headline]
    picture: Callable[[Rows, Language], Chart]
    has_something: Callable[[Rows], bool] = bool
