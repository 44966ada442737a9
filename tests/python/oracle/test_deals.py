"""The stages of deals, recomputed moment by moment from the landed records.

What a deal was at a moment is asked anew for each moment: the last record that says so by then and
that nothing takes back. The warehouse walks through the records once instead.
"""

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

import pandas as pd
import pytest
from built import Built
from comparing import assert_same
from landed_rows import Row, read_landed
from reference_customers import ReferenceCustomers
from reference_funnel import FOREVER, known_outcome, meaning, surrogate

Place = tuple[str, str]
"""Pipeline and stage."""
Key = tuple[str, str]
HORIZON_NEXT, HORIZON_WON = timedelta(days=30), timedelta(days=90)


@dataclass(frozen=True)
class Seen:
    """A record that says in which stage a deal was."""

    at: datetime
    place: Place
    outcome: str | None


class ReferenceDeals:
    """The deals of a landing folder that count and of which it is known when they closed."""

    def __init__(self, built: Built) -> None:
        self.built = built
        self.as_of = built.as_of
        self.customers = ReferenceCustomers(built)
        self.tables = {
            name: read_landed(built.landing, name, built.given_as_of)
            for name in ("opportunities", "opportunity_stage_changes", "pipeline_stages")
        }
        (row,) = built.rows("intermediate.int_as_of")
        self.begins_at: datetime = row["begins_at"]

    @cached_property
    def opportunities(self) -> dict[Key, Row]:
        counted = {deal.key for deal in self.customers.opportunities if deal.is_counted}
        found = {}
        for row in self.tables["opportunities"].staged:
            key = row["source_system"], row["opportunity_id"]
            is_won = known_outcome(row, self.as_of)
            if key in counted and (is_won is None or row["closed_at"]):
                closed_at = row["closed_at"] if is_won is not None else None
                found[key] = row | {
                    "known_outcome": is_won,
                    "ended_at": closed_at,
                    "opened_at": min(row["created_at"], closed_at or FOREVER),
                }
        return found

    @cached_property
    def losing_systems(self) -> set[str]:
        """Systems with a lost deal: of the others, every rate would be 100 %."""
        return {
            row["source_system"]
            for row in self.tables["opportunities"].staged
            if known_outcome(row, self.as_of) is False and row["created_at"] <= self.as_of
        }

    @cached_property
    def declared(self) -> dict[tuple[str, str], list[Row]]:
        """The declared stages by system and word of the pipeline; the only pipeline for none."""
        found = defaultdict(list)
        for row in self.tables["pipeline_stages"].staged:
            found[row["source_system"], _word(row["pipeline"])].append(row)
        for system in {system for system, _ in found}:
            words = [word for other, word in found if other == system]
            if len(words) == 1:
                found.setdefault((system, ""), found[system, words[0]])
        return dict(found)

    @cached_property
    def spellings(self) -> dict[tuple[str, ...], str]:
        """The first spelling of each pipeline, and of each stage, of a system."""
        found: dict[tuple[str, ...], str] = {}

        def note(kind: str, system: str, name: str | None) -> None:
            if name:
                key = kind, system, _word(name)
                found[key] = min(found.get(key, name), name)

        for row in self.tables["opportunities"].versions:
            note("pipeline", row["source_system"], row["pipeline"])
            note("stage", row["source_system"], row["stage"])
        for changes in self.changes.values():
            for row in changes:
                note("pipeline", row["source_system"], self._pipeline_of(row))
                note("stage", row["source_system"], row["from_stage"])
                note("stage", row["source_system"], row["to_stage"])
        return found

    @cached_property
    def changes(self) -> dict[Key, list[Row]]:
        landed = {
            (row["source_system"], row["opportunity_id"])
            for row in self.tables["opportunities"].staged
        }
        found = defaultdict(list)
        for row in self.tables["opportunity_stage_changes"].staged:
            key = row["source_system"], row["opportunity_id"]
            if key in landed and self.begins_at <= row["changed_at"] <= self.as_of:
                found[key].append(row)
        for rows in found.values():
            rows.sort(
                key=lambda row: (
                    row["changed_at"],
                    row["sequence"] is None,
                    row["sequence"] or 0,
                    row["event_id"],
                )
            )
        return dict(found)

    def _pipeline_of(self, change: Row) -> str | None:
        deal = self.staged.get((change["source_system"], change["opportunity_id"]))
        named: str | None = change["pipeline"] or (deal["pipeline"] if deal else None)
        return named

    @cached_property
    def staged(self) -> dict[Key, Row]:
        return {
            (row["source_system"], row["opportunity_id"]): row
            for row in self.tables["opportunities"].staged
        }

    def place(self, system: str, pipeline: str | None, stage: str) -> tuple[Place, str | None]:
        """Pipeline and stage by their names, and the outcome that the stage says."""
        rows = self.declared.get((system, _word(pipeline)), [])
        name = self.spellings.get(("pipeline", system, _word(pipeline)), "default")
        if rows:
            name = rows[0]["pipeline_name"] or rows[0]["pipeline"] or "default"
        for column in ("stage", "stage_name"):
            for row in rows:
                if _word(row[column]) == _word(stage):
                    outcome = "won" if row["is_won"] else "lost" if row["is_lost"] else None
                    return (name, row["stage"]), outcome
        meant = meaning(system, stage, self.as_of)
        outcome = {"customer": "won", "lost": "lost"}.get(meant or "")
        return (name, self.spellings["stage", system, _word(stage)]), outcome

    @cached_property
    def seen(self) -> dict[Key, list[Seen]]:
        """What the records say of each deal, in order."""
        found: dict[Key, list[Seen]] = defaultdict(list)
        versions = defaultdict(list)
        for row in self.tables["opportunities"].versions:
            versions[row["source_system"], row["opportunity_id"]].append(row)
        for key, deal in self.opportunities.items():
            system = key[0]
            said: list[tuple[datetime, str | None, str]] = []
            if changes := self.changes.get(key):
                first = changes[0]
                if first["from_stage"] and first["changed_at"] > deal["opened_at"]:
                    said.append((deal["opened_at"], self._pipeline_of(first), first["from_stage"]))
                said += [(r["changed_at"], self._pipeline_of(r), r["to_stage"]) for r in changes]
            else:
                dated = [row for row in versions[key] if row["updated_at"]]
                known = [row for row in dated if row["updated_at"] <= self.as_of]
                undated = [row for row in versions[key] if not row["updated_at"]]
                if not known and not undated:
                    known = [min(dated, key=lambda row: (row["updated_at"], *_order(row)))]
                for row in sorted(known, key=lambda row: (row["updated_at"], *_order(row))):
                    said.append((row["updated_at"], row["pipeline"], row["stage"]))
                if not known and undated:
                    last = max(undated, key=_order)
                    said.append((self.as_of, last["pipeline"], last["stage"]))
            for at, pipeline, stage in said:
                place, outcome = self.place(system, pipeline, stage)
                found[key].append(Seen(max(at, deal["opened_at"]), place, outcome))
        return dict(found)

    def place_at(self, key: Key, moment: datetime) -> Place:
        """Where a deal was at a moment since its opening."""
        deal, seen = self.opportunities[key], self.seen[key]
        own = self.place(key[0], deal["pipeline"], deal["stage"])[0][0]
        if deal["ended_at"] is not None:
            if moment >= deal["ended_at"]:
                return own, "won" if deal["known_outcome"] else "lost"
            seen = [record for record in seen if record.at < deal["ended_at"]]
        for number in range(len(seen) - 1, -1, -1):
            record = seen[number]
            if record.at <= moment:
                if record.outcome is None:
                    return record.place
                if any(later.outcome is None for later in seen[number + 1 :]):
                    return record.place[0], record.outcome
        return own, "not_recorded"

    @cached_property
    def lives(self) -> dict[Key, list[tuple[datetime, Place]]]:
        """Where each deal was since when; a moment with several records has each of them."""
        found = {}
        for key, deal in self.opportunities.items():
            moments = {deal["opened_at"], *(record.at for record in self.seen[key])}
            if deal["ended_at"] is not None:
                moments = {at for at in moments if at <= deal["ended_at"]} | {deal["ended_at"]}
            life: list[tuple[datetime, Place]] = []
            for at in sorted(moments):
                place = self.place_at(key, at)
                if not life or life[-1][1] != place:
                    life.append((at, place))
            found[key] = life
        return found


def _word(text: str | None) -> str:
    return re.sub(r"[-_ ]+", " ", text or "").strip().lower()


def _order(row: Row) -> tuple[Any, ...]:
    return row["_file"], row["_row"]


@pytest.fixture(scope="module")
def reference(built: Built) -> ReferenceDeals:
    return ReferenceDeals(built)


def stints_of(built: Built) -> dict[str, list[Row]]:
    """The warehouse's stints of each deal; of several at one moment, the last one."""
    found: dict[str, list[Row]] = defaultdict(list)
    stints = built.rows("core.fct_deal_stage_stints")
    for row in sorted(stints, key=lambda row: (row["opportunity_key"], row["stint_number"])):
        stints_of_deal = found[row["opportunity_key"]]
        if stints_of_deal and stints_of_deal[-1]["entered_at"] == row["entered_at"]:
            stints_of_deal.pop()
        stints_of_deal.append(row)
    return dict(found)


def test_each_deal_is_where_its_records_say(built: Built, reference: ReferenceDeals) -> None:
    found = {}
    for key, stints in stints_of(built).items():
        life: list[tuple[datetime, Place]] = []
        for row in stints:
            if not life or life[-1][1] != (row["pipeline"], row["stage"]):
                life.append((row["entered_at"], (row["pipeline"], row["stage"])))
        found[key] = life
    assert found == {surrogate(*key): life for key, life in reference.lives.items()}
    assert len({place for life in found.values() for _, place in life}) > 8


def test_open_amounts_of_the_waterfall(built: Built, reference: ReferenceDeals) -> None:
    """At the end of each month, by stage: deals and amounts of the versions written by then."""
    versions = defaultdict(list)
    for row in built.rows("intermediate.int_opportunity_versions"):
        versions[row["opportunity_key"]].append(row)
    valued_on = {
        row["opportunity_key"]: (row["currency"], row["closed_date"] or row["created_date"])
        for row in built.rows("core.fct_opportunities")
    }
    days = pd.date_range(reference.begins_at.date(), reference.as_of.date(), freq="ME")
    expected: dict[tuple[date, Place], tuple[int, Decimal]] = {}
    for day in days:
        end = day.to_pydatetime() + timedelta(days=1)
        for key, life in reference.lives.items():
            at = bisect_right([moment for moment, _ in life], end - timedelta(microseconds=1)) - 1
            if at < 0 or life[at][1][1] in ("won", "lost"):
                continue
            deal = surrogate(*key)
            said = sorted(versions[deal], key=lambda row: row["version_number"])
            known = [
                r for r in said
                if r["version_number"] == 1 or r["updated_at"] is None or r["updated_at"] < end
            ]  # fmt: skip
            count, total = expected.get((day.date(), life[at][1]), (0, Decimal(0)))
            worth = reference.customers.money(known[-1]["amount"], *valued_on[deal]) or Decimal(0)
            expected[day.date(), life[at][1]] = count + 1, total + worth
    mart = {
        (row["period_start_date"], (row["pipeline"], row["stage"])): row
        for row in built.rows("marts.mart_pipeline_waterfall")
        if row["period_type"] == "day" and row["segment_type"] == "all"
    }
    assert len(expected) > 10
    for at_day, (count, total) in expected.items():
        assert mart[at_day]["closing_deals"] == count, at_day
        assert float(mart[at_day]["closing_amount"]) == pytest.approx(
            float(total), abs=0.02 * count
        )
    month_ends = {day.date() for day in days}
    elsewhere = [row for key, row in mart.items() if key[0] in month_ends and key not in expected]
    assert not any(row["closing_deals"] or row["closing_amount"] for row in elsewhere)


def test_deals_won_in_time(built: Built, reference: ReferenceDeals) -> None:
    expected: dict[tuple[str], Row] = {}
    for key, life in reference.lives.items():
        if key[0] not in reference.losing_systems:
            continue
        opened_at = life[0][0]
        deal = reference.opportunities[key]
        won_at = deal["ended_at"] if deal["known_outcome"] else None
        expected[surrogate(*key),] = {
            "is_mature": opened_at + HORIZON_WON <= reference.as_of,
            "converted_at": won_at,
            "matures_at": opened_at + HORIZON_WON,
        }
    transitions = {
        (row["opportunity_key"],): row
        for row in built.rows("core.fct_deal_stage_transitions")
        if row["from_stage"] == "opened"
    }
    assert_same(transitions, expected)
    rates = [
        row
        for row in built.rows("marts.mart_metric_values")
        if row["metric"] == "win_rate" and row["period_type"] == "all"
        and row["segment_type"] == "all"
    ]  # fmt: skip
    mature = [row for row in expected.values() if row["is_mature"]]
    won = [r for r in mature if r["converted_at"] and r["converted_at"] < r["matures_at"]]
    assert [(r["numerator"], r["denominator"]) for r in rates] == [(len(won), len(mature))]


def test_deals_that_pass_to_the_next_stage(built: Built, reference: ReferenceDeals) -> None:
    """Where an order is declared: from the first entry to the next stage, to it or past it."""
    order = {
        (row["source_system"], row["pipeline"], row["stage"]): row
        for row in built.rows("core.dim_deal_stages")
        if row["ordinal"] is not None
    }
    places = {key: row["ordinal"] for key, row in order.items()}
    expected: Counter[tuple[str, str, str, bool]] = Counter()
    for (system, _), life in reference.lives.items():
        if system not in reference.losing_systems:
            continue
        if system.startswith("random"):  # has stages that last for no time, and count as entries
            continue
        entered: set[Place] = set()
        for number, (at, (pipeline, stage)) in enumerate(life):
            declared = order.get((system, pipeline, stage))
            if declared is None or (pipeline, stage) in entered or not declared["next_stage"]:
                continue
            entered.add((pipeline, stage))
            target = order[system, pipeline, declared["next_stage"]]["ordinal"]
            later = [
                moment
                for moment, (other, name) in life[number + 1 :]
                if name == "won"
                or (other == pipeline and places.get((system, other, name), 0) >= target)
            ]
            if at + HORIZON_NEXT <= reference.as_of:
                is_in_time = bool(later) and min(later) < at + HORIZON_NEXT
                expected[system, pipeline, stage, is_in_time] += 1
    found: Counter[tuple[str, str, str, bool]] = Counter()
    for row in built.rows("core.fct_deal_stage_transitions"):
        if row["source_system"].startswith("random") or row["from_stage"] == "opened":
            continue
        if row["to_stage"] != "won" and row["is_mature"]:
            is_in_time = bool(row["converted_at"] and row["converted_at"] < row["matures_at"])
            found[row["source_system"], row["pipeline"], row["from_stage"], is_in_time] += 1
    assert found == expected
    assert len(found) > 3


def test_persons_and_deals_agree(built: Built) -> None:
    """Nobody is lost while a deal of theirs is open, and who won one is a customer."""
    persons = {row["person_key"]: row for row in built.rows("core.dim_persons")}
    deals = defaultdict(list)
    for row in built.rows("core.bridge_deal_persons"):
        if row["is_counted"]:
            deals[row["person_key"]].append(row["opportunity_key"])
    opportunities = {row["opportunity_key"]: row for row in built.rows("core.fct_opportunities")}
    last_moves = {
        row["person_key"]: row["changed_at"]
        for row in sorted(
            (r for r in built.rows("core.fct_status_changes") if r["stage"] and r["person_key"]),
            key=lambda row: row["changed_at"],
        )
        if row["overruled_by"] is None
    }
    checked: Counter[str] = Counter()
    for person, keys in deals.items():
        own = [opportunities[key] for key in keys]
        stage = persons[person]["current_stage"]
        if any(deal["is_open"] for deal in own):
            assert stage != "lost"
            checked["open"] += 1
        won = [deal["closed_at"] for deal in own if deal["is_won"] and deal["closed_at"]]
        if won and last_moves.get(person, datetime.min) < min(won):
            assert stage == "customer"
            checked["won"] += 1
    assert min(checked["open"], checked["won"]) > 5
