"""BANT assessments and what was known at SQL, from the landed files by plain Python."""

from collections import defaultdict
from datetime import datetime
from typing import Any

import pytest
from built import Built
from landed_rows import Row, read_landed
from reference_funnel import Key, ReferenceFunnel, surrogate
from scipy.stats import binomtest

LETTERS = ("has_budget", "has_authority", "has_need", "has_timeline")
Cell = tuple[str, str, str]


@pytest.fixture(scope="module")
def reference(companies: Built) -> ReferenceFunnel:
    return companies.reference


@pytest.fixture(scope="module")
def assessments(companies: Built, reference: ReferenceFunnel) -> list[Row]:
    """The assessments up to as_of."""
    rows = read_landed(companies.landing, "bant_assessments").staged
    return [row for row in rows if row["assessed_at"] <= reference.as_of]


def test_assessments_are_those_that_were_landed(
    companies: Built, reference: ReferenceFunnel, assessments: list[Row]
) -> None:
    found = {row["assessment_key"]: row for row in companies.rows("core.fct_bant_assessments")}
    assert assessments
    for landed in assessments:
        row = found.pop(_key_of(landed))
        lead = (landed["source_system"], landed["lead_id"])
        person = reference.person_of.get(lead)
        assert row["person_key"] == (surrogate(*person) if person else None)
        assert row["lead_disposition"] == (
            reference.disposition(lead) if lead in reference.leads else "unknown_lead"
        )
        answers = [landed[letter] for letter in LETTERS]
        assert [row[letter] for letter in LETTERS] == answers
        assert row["true_count"] == answers.count(True)
        assert row["asked_count"] == 4 - answers.count(None)
        assert row["assessed_at"] == landed["assessed_at"]
    assert not found


@pytest.fixture(scope="module")
def known_at_sql(
    reference: ReferenceFunnel, assessments: list[Row]
) -> dict[tuple[Key, int], tuple[datetime, dict[str, str], Row | None]]:
    """Per person and cycle with an observed SQL: moment, segments and last assessment by then."""
    of_person = defaultdict(list)
    for row in assessments:
        person = reference.person_of.get((row["source_system"], row["lead_id"]))
        if person is not None:
            of_person[person].append(row)
    found = {}
    for entry in reference.entries:
        if entry.stage == "sql" and entry.observed is not None:
            at = entry.observed.event.at
            by_then = [row for row in of_person[entry.person] if row["assessed_at"] <= at]
            last = max(by_then, key=lambda row: (row["assessed_at"], _key_of(row)), default=None)
            found[entry.person, entry.cycle] = (at, entry.observed.segments, last)
    return found


def _key_of(row: Row) -> str:
    return surrogate(row["source_system"], row["assessment_id"])


def test_the_last_assessment_by_the_sql_is_what_was_known(
    companies: Built,
    known_at_sql: dict[tuple[Key, int], tuple[datetime, dict[str, str], Row | None]],
) -> None:
    found = {
        (row["person_key"], row["cycle_number"]): row
        for row in companies.rows("core.fct_sql_assessments")
    }
    seen = {True: 0, False: 0}
    for (person, cycle), (at, segments, last) in known_at_sql.items():
        row = found.pop((surrogate(*person), cycle))
        assert row["entered_at"] == at
        assert {name: row[name] for name in segments} == segments
        assert row["assessment_key"] == (_key_of(last) if last else None)
        assert row["is_assessed"] == (last is not None)
        complete = last is not None and all(last[letter] is True for letter in LETTERS)
        assert row["is_bant_complete"] == complete
        seen[last is not None] += 1
    assert not found
    assert min(seen.values()) > 20


def test_completeness_is_of_the_assessed(
    companies: Built,
    known_at_sql: dict[tuple[Key, int], tuple[datetime, dict[str, str], Row | None]],
) -> None:
    cells: dict[Cell, list[Row | None]] = defaultdict(list)
    for at, segments, last in known_at_sql.values():
        for segment_type, value in {"all": "all", **segments}.items():
            cells[f"{at:%Y-%m}", segment_type, value].append(last)
    found: dict[Cell, dict[str, Any]] = {
        (f"{row['month_start_date']:%Y-%m}", row["segment_type"], row["segment_value"]): row
        for row in companies.rows("marts.mart_bant_completeness")
    }
    for cell, sqls in cells.items():
        row = found.pop(cell)
        assessed = [last for last in sqls if last is not None]
        counts = [[last[letter] for letter in LETTERS].count(True) for last in assessed]
        complete = counts.count(4)
        assert (row["sqls"], row["assessed_sqls"], row["complete_sqls"]) == (
            len(sqls),
            len(assessed),
            complete,
        )
        assert _rate(row, "assessed_rate") == pytest.approx(_wilson(len(assessed), len(sqls)))
        if assessed:
            assert row["mean_true_count"] == pytest.approx(sum(counts) / len(assessed))
            assert _rate(row, "bant_complete_rate") == pytest.approx(
                _wilson(complete, len(assessed)), abs=1e-9
            )
        else:
            assert row["mean_true_count"] is None
            assert _rate(row, "bant_complete_rate") == [None, None, None]
        for letter in LETTERS:
            name = letter.removeprefix("has_")
            answers = [last[letter] for last in assessed if last[letter] is not None]
            assert (row[f"{name}_asked_sqls"], row[f"{name}_true_sqls"]) == (
                len(answers),
                sum(answers),
            )
            expected = sum(answers) / len(answers) if answers else None
            assert row[f"{name}_true_rate"] == (expected and pytest.approx(expected))
        assert row["is_small_n"] == (len(assessed) < 30)
    assert not found


def _rate(row: dict[str, Any], name: str) -> list[float | None]:
    return [row[name], row[f"{name}_low"], row[f"{name}_high"]]


def _wilson(successes: int, trials: int) -> list[float]:
    interval = binomtest(successes, trials).proportion_ci(method="wilson")
    return [successes / trials, *interval]
