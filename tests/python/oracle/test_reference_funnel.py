"""Persons, stints, entries, cycles and transitions are those of the reference, row for row."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from built import Built
from companies import DAY_ZERO, STORIES, Story, story_system
from reference_funnel import (
    SIDES,
    STAGES,
    Entry,
    Key,
    ReferenceFunnel,
    Stint,
    elapsed_days,
    ordinal,
    seed,
    surrogate,
)

Row = dict[str, Any]
SHOWN = 5


@pytest.mark.parametrize(
    ("number", "story"), list(enumerate(STORIES)), ids=[story.name for story in STORIES]
)
def test_the_reference_tells_the_stories_as_they_are_told(
    companies: Built, number: int, story: Story
) -> None:
    assert path_of(companies.reference, (story_system(number), "a")) == story.path


def test_the_companies_have_what_makes_them_hard(companies: Built) -> None:
    """Otherwise an agreement would say little."""
    reference = companies.reference
    stints = [stint for of_person in reference.stints.values() for stint in of_person]
    of_dispositions = {reference.disposition(lead) for lead in reference.leads}
    moments = [(stint.person, stint.event.at) for stint in stints]

    assert of_dispositions == {"survivor", "merged", "same_email", "test", "deleted", "after_as_of"}
    assert len(reference.in_merge_circle) > 5
    assert max(stint.cycle for stint in stints) > 3
    assert sum(stint.is_regression for stint in stints) > 100
    assert len(moments) - len(set(moments)) > 300
    assert {stint.event.evidence for stint in stints} == {
        "creation",
        "status_change",
        "mql_rule:late_stage_action",
        "opportunity_created",
        "opportunity_won",
        "opportunity_lost",
        "order",
        "subscription",
    }
    assert any(
        len({system for system, _ in records}) > 1 for records in reference.records_of.values()
    )


def test_as_of_is_the_latest_moment_of_the_crm(built: Built) -> None:
    assert built.as_of == built.reference.as_of


@pytest.mark.parametrize(
    "table",
    ["leads", "lead_status_changes", "lead_merges", "activities", "opportunities", "orders"],
)
def test_rows_are_staged_superseded_and_quarantined_as_in_the_reference(
    built: Built, table: str
) -> None:
    outcomes = ("staged", "superseded", "quarantined")
    counted = dict.fromkeys(outcomes, 0)
    for row in built.rows("core.fct_landed_files"):
        if row["contract_table"] == table:
            for outcome in outcomes:
                counted[outcome] += row[f"{outcome}_rows"]
    landed = built.reference.tables[table]
    assert counted == {
        "staged": len(landed.staged),
        "superseded": len(landed.superseded),
        "quarantined": landed.quarantined,
    }


def test_leads_are_the_same_persons(built: Built) -> None:
    reference = built.reference
    expected = [
        {
            "lead_key": surrogate(*lead),
            "person_key": _person_key(reference.person_of[lead]),
            "source_system": lead[0],
            "lead_id": lead[1],
            "disposition": reference.disposition(lead),
            "created_date": row["created_at"].date(),
            "created_at": row["created_at"],
        }
        for lead, row in reference.leads.items()
    ]
    assert_same_rows(built.rows("core.dim_leads"), expected, "lead_key")


def test_persons_stand_where_the_reference_has_them(built: Built) -> None:
    reference = built.reference
    expected = []
    for person, records in reference.records_of.items():
        latest = reference.stints[person][-1]
        segments = reference.segments(person, datetime.max)
        del segments["owner_team"]
        expected.append(
            {
                "person_key": surrogate(*person),
                **segments,
                "current_stage": latest.stage,
                "lead_count": len(records),
                "is_in_merge_cycle": any(lead in reference.in_merge_circle for lead in records),
                "created_at": reference.created_at(person),
                "current_stage_entered_at": latest.event.at,
            }
        )
    assert_same_rows(built.rows("core.dim_persons"), expected, "person_key")


def test_stints_are_the_same(built: Built) -> None:
    stints = [stint for of_person in built.reference.stints.values() for stint in of_person]
    expected = [
        {
            "stint_key": _stint_key(stint),
            "cycle_key": _cycle_key(stint.person, stint.cycle),
            "person_key": surrogate(*stint.person),
            "cycle_number": stint.cycle,
            "stint_number": stint.number,
            "stage": stint.stage,
            "next_stage": stint.next_event.stage if stint.next_event else None,
            "evidence": stint.event.evidence,
            "reason": stint.event.reason,
            "rep_key": (
                surrogate(stint.event.source_system, stint.event.rep_id)
                if stint.event.rep_id
                else None
            ),
            **stint.segments,
            "is_side": stint.is_side,
            "is_regression": stint.is_regression,
            "is_open": stint.next_event is None,
            "entered_date": stint.event.at.date(),
            "entered_at": stint.event.at,
            "exited_at": stint.exited_at,
        }
        for stint in stints
    ]
    assert_same_rows(built.rows("core.fct_stage_stints"), expected, "stint_key")


def test_entries_are_the_same(built: Built) -> None:
    first_observed: dict[tuple[Key, str], int] = {}
    first_reached: dict[tuple[Key, str], int] = {}
    for entry in built.reference.entries:
        first_reached.setdefault((entry.person, entry.stage), entry.cycle)
        if entry.observed:
            first_observed.setdefault((entry.person, entry.stage), entry.cycle)
    expected = [
        {
            "entry_key": _entry_key(entry),
            "cycle_key": _cycle_key(entry.person, entry.cycle),
            "person_key": surrogate(*entry.person),
            "observed_stint_key": _stint_key(entry.observed) if entry.observed else None,
            "cycle_number": entry.cycle,
            "stage": entry.stage,
            "evidence": entry.shown_by.event.evidence,
            **entry.shown_by.segments,
            "is_inferred": entry.observed is None,
            "is_first_observed": (
                entry.observed is not None
                and first_observed[entry.person, entry.stage] == entry.cycle
            ),
            "is_first_reached": first_reached[entry.person, entry.stage] == entry.cycle,
            "entered_date": (
                entry.observed.event.at if entry.observed else entry.reached_at
            ).date(),
            "observed_at": entry.observed.event.at if entry.observed else None,
            "reached_at": entry.reached_at,
        }
        for entry in built.reference.entries
    ]
    assert_same_rows(built.rows("core.fct_stage_entries"), expected, "entry_key")


def test_cycles_are_the_same(built: Built) -> None:
    reference = built.reference
    entries = {(entry.person, entry.cycle, entry.stage): entry for entry in reference.entries}
    expected = []
    for (person, cycle), stints in reference.cycles.items():
        sides = [stint for stint in stints if stint.is_side]
        started_at = min(stint.event.at for stint in stints)
        row = {
            "cycle_key": _cycle_key(person, cycle),
            "person_key": surrogate(*person),
            "cycle_number": cycle,
            **stints[0].segments,
            "last_stage": stints[-1].stage,
            "outcome": reference.outcome(person, cycle),
            "exit_reason": sides[-1].event.reason if sides else None,
            "has_regression": any(stint.is_regression for stint in stints),
            "starts_before_creation": (cycle == 1 and started_at < reference.created_at(person)),
            "started_date": started_at.date(),
            "started_at": started_at,
        }
        for stage in STAGES:
            entry = entries.get((person, cycle, stage))
            observed = entry.observed if entry else None
            row[f"{stage}_observed_at"] = observed.event.at if observed else None
            row[f"{stage}_reached_at"] = entry.reached_at if entry else None
        for side in SIDES:
            entered = [stint.event.at for stint in sides if stint.stage == side]
            row[f"{side}_at"] = min(entered, default=None)
        expected.append(row)
    assert_same_rows(built.rows("core.fct_lead_cycles"), expected, "cycle_key")


def test_transitions_are_the_same(built: Built) -> None:
    expected = [
        _transition(built.reference, entry, horizon)
        for entry in built.reference.entries
        for horizon in seed("conversion_horizons")
        if entry.observed and entry.stage == horizon["from_stage"]
        if (entry.observed.segments["source_system"], horizon["to_stage"]) in built.recorded
    ]
    assert_same_rows(built.rows("core.fct_stage_transitions"), expected, "transition_key")


def _transition(reference: ReferenceFunnel, entry: Entry, horizon: dict[str, str]) -> Row:
    assert entry.observed is not None
    to_stage = horizon["to_stage"]
    entered_at = entry.observed.event.at
    in_cycle = reference.cycles[entry.person, entry.cycle]
    there = [s for s in in_cycle if s.stage in STAGES and ordinal(s.stage) >= ordinal(to_stage)]
    after = [s for s in there if s.number > entry.observed.number]
    exactly = [s for s in after if s.stage == to_stage]
    next_one = [s for s in exactly if s.number == entry.observed.number + 1]
    inferred_at = reference.inferred_at(entry, to_stage)
    converted_at = after[0].event.at if after else inferred_at
    matures_at = entered_at + timedelta(days=int(horizon["horizon_days"]))
    return {
        "transition_key": surrogate(_entry_key(entry), to_stage),
        "entry_key": _entry_key(entry),
        "from_stage": entry.stage,
        "to_stage": to_stage,
        **entry.observed.segments,
        "horizon_days": int(horizon["horizon_days"]),
        "lag_months": int(horizon["lag_months"]),
        "followed_days": elapsed_days(entered_at, max(entered_at, converted_at or reference.as_of)),
        "is_mature": matures_at <= reference.as_of,
        "entered_at": entered_at,
        "matures_at": matures_at,
        "converted_at": converted_at,
        "converted_observed_at": exactly[0].event.at if exactly else None,
        "converted_next_at": next_one[0].event.at if next_one else None,
        "converted_any_order_at": there[0].event.at if there else inferred_at,
    }


def path_of(reference: ReferenceFunnel, lead: Key) -> str:
    """The course of a lead's person, as the stories tell it."""
    person = reference.person_of[lead]
    stints = reference.stints[person] if person else []
    return " ".join(
        f"{stint.cycle}:{stint.stage}@{(stint.event.at - DAY_ZERO) / timedelta(days=1):g}"
        for stint in stints
    )


def assert_same_rows(found: Iterable[Row], expected: Iterable[Row], key: str) -> None:
    """Equal sets of rows, in all columns that are expected."""
    here = {row[key]: row for row in found}
    there = {row[key]: row for row in expected}
    differences = [f"not in the warehouse: {there[name]}" for name in there.keys() - here.keys()]
    differences += [f"only in the warehouse: {here[name]}" for name in here.keys() - there.keys()]
    for name in there.keys() & here.keys():
        wrong = {
            column: f"is {here[name][column]!r}, expected {value!r}"
            for column, value in there[name].items()
            if here[name][column] != value
        }
        if wrong:
            differences.append(f"{wrong} in {here[name]}")
    shown = "\n".join(differences[:SHOWN])
    assert not differences, f"{len(differences)} of {len(there)} rows differ:\n{shown}"
    assert there


def _person_key(person: Key | None) -> str | None:
    return surrogate(*person) if person else None


def _cycle_key(person: Key, cycle: int) -> str:
    return surrogate(surrogate(*person), str(cycle))


def _stint_key(stint: Stint) -> str:
    return surrogate(surrogate(*stint.person), str(stint.number))


def _entry_key(entry: Entry) -> str:
    return surrogate(_cycle_key(entry.person, entry.cycle), entry.stage)
