"""The sections of the page: a question each, with its answer, chart, definition and query."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.dashboard.charts import QUESTIONS
from orchestration.dashboard.question import Headline, Question
from orchestration.dashboard.release import Answer, OpenRelease, Row
from orchestration.dashboard.words import Language

TABLE_ROWS = 40


@dataclass(frozen=True)
class Definition:
    """A metric as the catalogue declares it, in the page's language."""

    metric: str
    label: str
    text: str
    formula: str
    column: str | None


@dataclass(frozen=True)
class Section:
    """A section as it is shown; without a `spec`, `nothing` says why."""

    key: str
    group: str
    title: str
    headline: Headline | None
    nothing: str | None
    spec: dict[str, Any] | None
    definitions: tuple[Definition, ...]
    answer: Answer

    @property
    def table(self) -> Sequence[Row]:
        """The rows that are printed."""
        return self.answer.rows[:TABLE_ROWS]


def sections(release: OpenRelease, catalogue: dict[str, Row], say: Language) -> list[Section]:
    """Every section, in the order of the page."""
    return [_section(question, release, catalogue, say) for question in QUESTIONS]


def definition(metric: str, catalogue: dict[str, Row], say: Language) -> Definition:
    """A metric of the catalogue.

    Raises:
        KeyError: the catalogue does not know it.
    """
    declared = catalogue[metric]
    return Definition(
        metric=metric,
        label=declared[f"metric_label_{say.code}"],
        text=declared[f"definition_{say.code}"],
        formula=declared["formula"],
        column=declared["answered_by"],
    )


def _section(
    question: Question, release: OpenRelease, catalogue: dict[str, Row], say: Language
) -> Section:
    answer = release.ask(question.query)
    has_something = question.has_something(answer.rows)
    nothing = None
    if answer.problem:
        nothing = say.say("older_release", problem=answer.problem)
    elif not has_something:
        nothing = say.say(f"{question.key}_nothing")
    return Section(
        key=question.key,
        group=question.group,
        title=say.say(question.key),
        headline=question.headline(answer.rows, say) if has_something else None,
        nothing=nothing,
        spec=question.picture(answer.rows, say).to_dict() if has_something else None,
        definitions=tuple(
            definition(metric, catalogue, say) for metric in question.metrics if metric in catalogue
        ),
        answer=answer,
    )
