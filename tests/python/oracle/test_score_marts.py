"""Scores, their quality and the ranking of open leads, recomputed.

Scores come from the landed files by the definition (`score_oracle`), one activity at a time. The
figures on their quality come from the scores of MQLs by pandas and SciPy.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from built import Built
from reference_funnel import Key, ReferenceFunnel, ordinal, seed, surrogate
from scipy.stats import binomtest, mannwhitneyu, rankdata, spearmanr
from support.score_oracle import Activity, PersonVersion, Rulebook, ScoringRule, score_events

LONG_AGO = datetime(1900, 1, 1)
OUTCOMES = {"sql": 60, "customer": 180}
"""Horizons of the outcomes of an MQL, in days."""
CUTS = ("source_system", "channel", "country")
POINTS = 1e-5
"""Scores are kept to six decimals, each rule's part rounded."""
KEYS = ["period_type", "period_start_date", "segment_type", "segment_value", "to_stage"]


@dataclass(frozen=True)
class Scored:
    """What counts for the score of one person."""

    rules: Rulebook
    versions: Sequence[PersonVersion]
    activities: Sequence[Activity]

    def fit(self, at: datetime) -> float:
        return self.rules.fit(next(it for it in self.versions if it.is_in_force(at)), at)

    def earned(self, at: datetime) -> list[ScoringRule]:
        """The rules of the activities up to a moment, as in force at each."""
        found = ((it, self.rules.rule_for(it)) for it in self.activities if it.occurred_at <= at)
        return [
            ScoringRule(**{**vars(rule), "valid_from": activity.occurred_at})
            for activity, rule in found
            if rule is not None
        ]

    def points(self, at: datetime) -> dict[str, float]:
        """What each rule of engagement and negative points adds to the score."""
        of_rule = defaultdict(list)
        for rule in self.earned(at):
            of_rule[rule.rule_key].append(rule)
        return {
            key: self.rules.points("engagement", rules, at)
            - self.rules.points("negative", rules, at)
            for key, rules in of_rule.items()
        }

    def fit_points(self, at: datetime) -> dict[str, float]:
        """What each rule of fit adds to the score."""
        fits = (rule for rule in self.rules.scoring if rule.dimension == "fit")
        alone = {it.rule_key: Scored(Rulebook([it], []), self.versions, []).fit(at) for it in fits}
        return {key: points for key, points in alone.items() if points}


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return Rulebook(
        [
            ScoringRule(
                valid_from=datetime.fromisoformat(row["valid_from"]),
                valid_to=datetime.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
                rule_key=row["rule_key"],
                dimension=row["dimension"],
                subject=row["subject"],
                points=float(row["points"]),
                operator=row["operator"] or None,
                value=row["value"] or None,
                cap=float(row["cap"]) if row["cap"] else None,
                half_life_days=float(row["half_life_days"]) if row["half_life_days"] else None,
            )
            for row in seed("scoring_rules")
        ],
        [],
    )


@pytest.fixture(scope="module")
def reference(companies: Built) -> ReferenceFunnel:
    return companies.reference


@pytest.fixture(scope="module")
def persons(reference: ReferenceFunnel, rulebook: Rulebook) -> dict[Key, Scored]:
    """Everybody who counts, with their records and activities as landed."""
    late_stage = {
        r["activity_type"] for r in seed("activity_types") if r["is_late_stage"] == "true"
    }
    activities: dict[Key, list[Activity]] = defaultdict(list)
    for row in reference.tables["activities"].staged:
        person = reference.person_of.get((row["source_system"], row["lead_id"]))
        if person is not None and row["occurred_at"] <= reference.as_of:
            kind = row["activity_type"]
            activity_key = f"{row['source_system']}|{row['activity_id']}"
            activity = Activity(
                surrogate(*person), activity_key, kind, kind in late_stage, row["occurred_at"]
            )
            activities[person].append(activity)
    return {
        person: Scored(rulebook, list(_versions(reference, person)), activities[person])
        for person in reference.records_of
    }


def _versions(reference: ReferenceFunnel, person: Key) -> Iterator[PersonVersion]:
    timeline = reference.timeline(person)
    starts = [LONG_AGO, *(since for since, _ in timeline[1:])]
    for start, end, (_, row) in zip(starts, [*starts[1:], None], timeline, strict=True):
        address = re.fullmatch(r"[^@ ]+@([^@ ]+[.][^@ ]+)", (row["email"] or "").strip().lower())
        yield PersonVersion(
            start,
            end,
            surrogate(*person),
            country=row["country"],
            employee_count=row["employee_count"],
            email_domain=address[1] if address else None,
            industry=row["industry"],
        )


# --- scores, from the landed files


def test_score_events_say_what_each_activity_did(
    companies: Built, persons: dict[Key, Scored], rulebook: Rulebook
) -> None:
    found = {row["activity_key"]: row for row in companies.rows("core.fct_score_events")}
    moved = 0
    for person in persons.values():
        events = score_events(rulebook, person.versions, person.activities)
        for number, event in enumerate(events, start=1):
            row = found.pop(surrogate(*event.activity.activity_id.split("|")))
            rule = rulebook.rule_for(event.activity)
            assert rule is not None
            assert (row["person_key"], row["rule_key"], row["dimension"], row["points"]) == (
                event.activity.person_key,
                rule.rule_key,
                rule.dimension,
                rule.points,
            )
            assert (row["rule_valid_from"], row["occurred_at"], row["event_number"]) == (
                rule.valid_from,
                event.activity.occurred_at,
                number,
            )
            names = ("fit", "engagement", "negative", "score_before", "score_after")
            assert [float(row[name]) for name in names] == pytest.approx(
                [event.fit, event.engagement, event.negative, event.before, event.score],
                abs=POINTS,
            )
            moved += abs(event.score - event.before) > POINTS
    assert not found
    assert moved > 1000


def test_scores_of_today_are_what_is_left_of_all_points(
    companies: Built, reference: ReferenceFunnel, persons: dict[Key, Scored]
) -> None:
    at = reference.as_of
    scores = {row["person_key"]: row for row in companies.rows("core.fct_person_scores")}
    parts = {
        (row["person_key"], row["rule_key"]): row
        for row in companies.rows("core.fct_person_rule_points")
    }
    for key, person in persons.items():
        row = scores.pop(surrogate(*key))
        points, fit_points = person.points(at), person.fit_points(at)
        engagement = sum(it for it in points.values() if it > 0)
        negative = -sum(it for it in points.values() if it < 0)
        score = person.fit(at) + engagement - negative
        assert [float(row[name]) for name in ("fit", "engagement", "negative", "score")] == (
            pytest.approx([person.fit(at), engagement, negative, score], abs=POINTS)
        ), key
        assert row["score_band"] == _band(float(row["score"]))
        assert row["scored_at"] == at
        earned = person.earned(at)
        assert row["scored_activities"] == len(earned)
        for rule_key, expected in (points | fit_points).items():
            part = parts.pop((surrogate(*key), rule_key))
            assert float(part["points"]) == pytest.approx(expected, abs=POINTS)
            moments = [it.valid_from for it in earned if it.rule_key == rule_key]
            assert part["activity_count"] == len(moments)
            assert part["last_activity_at"] == max(moments, default=None)
    assert not scores
    assert not parts


def _band(score: float) -> str:
    bands = sorted(
        (float(row["min_points"]), row["band"])
        for row in seed("score_bands")
        if row["dimension"] == "score"
    )
    return next((band for least, band in reversed(bands) if least <= score), bands[0][1])


def test_mqls_have_the_score_of_their_entry_and_what_became_of_them(
    companies: Built, reference: ReferenceFunnel, persons: dict[Key, Scored]
) -> None:
    scores = {
        (row["person_key"], row["cycle_number"]): row
        for row in companies.rows("core.fct_mql_scores")
    }
    entry_keys = {row["entry_key"]: key for key, row in scores.items()}
    outcomes = {
        (*entry_keys[row["entry_key"]], row["to_stage"]): row
        for row in companies.rows("core.fct_score_outcomes")
    }
    seen = {True: 0, False: 0}
    for entry in reference.entries:
        if entry.stage != "mql" or entry.observed is None:
            continue
        key, at = (surrogate(*entry.person), entry.cycle), entry.observed.event.at
        person, row = persons[entry.person], scores.pop(key)
        points = person.points(at)
        expected = person.fit(at) + sum(points.values())
        assert row["entered_at"] == at
        assert float(row["score"]) == pytest.approx(expected, abs=POINTS)
        assert float(row["fit"]) == pytest.approx(person.fit(at), abs=POINTS)
        assert row["score_band"] == _band(float(row["score"]))
        system = entry.observed.segments["source_system"]
        for to_stage, days in OUTCOMES.items():
            if (system, to_stage) not in companies.recorded:
                continue
            outcome = outcomes.pop((*key, to_stage))
            matures_at = at + timedelta(days=days)
            conversion = reference.conversion(entry, to_stage)
            is_converted = conversion is not None and conversion.event.at < matures_at
            assert outcome["score"] == row["score"]
            assert outcome["is_mature"] == (matures_at <= reference.as_of)
            assert outcome["is_converted"] == is_converted
            seen[is_converted] += 1
    assert not scores
    assert not outcomes
    assert min(seen.values()) > 50


# --- the ranking of open leads


def test_open_leads_are_ranked_with_their_reasons(
    companies: Built, reference: ReferenceFunnel, persons: dict[Key, Scored]
) -> None:
    rows = {row["person_key"]: row for row in companies.rows("marts.mart_lead_priorities")}
    scores = {row["person_key"]: row for row in companies.rows("core.fct_person_scores")}
    names = {row["rule_key"]: row["rule_name_en"] for row in seed("scoring_rules")}
    as_of = reference.as_of
    # won or lost, and nobody says when: nobody is to call them
    decided = {
        row["person_key"]
        for row in companies.rows("core.dim_persons")
        if row["outcome_without_moment"]
    }
    places = []
    for key, person in persons.items():
        last = reference.stints[key][-1]
        if last.is_side or last.stage == "customer":
            continue
        person_key = surrogate(*key)
        if person_key in decided:
            continue
        row = rows[person_key]
        done = sorted(person.activities, key=lambda it: (it.occurred_at, it.activity_type))
        last_at = done[-1].occurred_at if done else None
        score = scores[person_key]["score"]
        rank = (-score, -ordinal(last.stage), -last_at.timestamp() if last_at else 0.0, person_key)
        places.append((rank, person_key))
        assert (row["current_stage"], row["score"], row["last_activity_at"]) == (
            last.stage,
            score,
            last_at,
        )
        if last_at:
            kinds = [it.activity_type for it in done if it.occurred_at == last_at]
            assert row["last_activity_type"] == min(kinds)
        assert row["days_in_stage"] == (as_of - last.event.at) // timedelta(days=1)
        cycle = reference.cycles[key, last.cycle]
        since = min(stint.event.at for stint in cycle)
        expected = _reasons(person, since, as_of, names)
        found = [row[f"reason_{number}"] for number in (1, 2, 3)]
        assert found == expected, (key, expected)
    assert set(rows) == {person_key for _, person_key in places}
    for number, (_, person_key) in enumerate(sorted(places), start=1):
        assert rows[person_key]["priority_rank"] == number
    assert len(places) > 300


def _reasons(
    person: Scored, since: datetime, as_of: datetime, names: dict[str, str]
) -> list[str | None]:
    """What a rep is told: intent to buy, then what weighs most; of fit two, before other things."""
    told = []
    asked = [it for it in person.activities if it.is_late_stage and it.occurred_at >= since]
    if asked:
        newest = max(it.occurred_at for it in asked)
        kind = min(it.activity_type for it in asked if it.occurred_at == newest)
        times = sum(it.activity_type == kind for it in asked)
        told.append(kind.capitalize().replace("_", " ") + _when(times, newest, as_of))
    traits = person.fit_points(as_of)
    strongest = sorted(traits, key=lambda key: (-traits[key], key))
    version = person.versions[-1]
    weights: list[tuple[bool, float, float, str, str]] = []
    for key, points in traits.items():
        rule = next(it for it in person.rules.scoring if it.rule_key == key)
        value = "" if rule.subject == "email_domain" else f": {getattr(version, rule.subject)}"
        text = f"{names[key]}{value} ({_rounded(points):+})"
        weights.append((strongest.index(key) > 1, -points, np.inf, key, text))
    earned = person.earned(as_of)
    for key, points in person.points(as_of).items():
        if abs(round(points, 6)) >= 0.5:
            moments = [it.valid_from for it in earned if it.rule_key == key]
            when = _when(len(moments), max(moments), as_of)
            text = f"{names[key]}{when} ({_rounded(points):+})"
            weight = -abs(round(points, 6))
            weights.append((False, weight, -max(moments).timestamp(), key, text))
    told += [text for *_, text in sorted(weights)]
    return [*told, None, None, None][:3]


def _when(times: int, last: datetime, as_of: datetime) -> str:
    days = (as_of.date() - last.date()).days
    ago = {0: " today", 1: " yesterday"}.get(days, f" {days} days ago")
    return (f", {times} times, last" if times > 1 else "") + ago


def _rounded(points: float) -> int:
    """Half a point is rounded away from 0."""
    return int(np.sign(points) * np.floor(abs(round(points, 6)) + 0.5))


# --- how good the score is, from the scores of MQLs


@pytest.fixture(scope="module")
def outcomes(built: Built) -> pd.DataFrame:
    frame = built.table("core.fct_score_outcomes")
    frame["score"] = frame["score"].astype(float)
    return frame


Slices = dict[tuple[str, Any, str, str, str], pd.DataFrame]


@pytest.fixture(scope="module")
def slices(outcomes: pd.DataFrame) -> Slices:
    """The members of each row of the marts' periods, segments and outcomes, by the row's key."""
    found: Slices = {}
    for to_stage, frame in outcomes.groupby("to_stage"):
        found["all", None, "all", "all", str(to_stage)] = frame
        quarters = frame["entered_date"].dt.to_period("Q").dt.start_time
        for start, members in frame.groupby(quarters):
            found["quarter", start, "all", "all", str(to_stage)] = members
        for cut in CUTS:
            for value, members in frame.groupby(cut):
                found["all", None, cut, str(value), str(to_stage)] = members
    return found


def test_predictions_are_the_rates_of_earlier_cohorts(outcomes: pd.DataFrame) -> None:
    month = outcomes["entered_date"].dt.to_period("M")
    matured = outcomes["matures_at"].dt.to_period("M")
    for (to_stage, band, entered), members in outcomes.groupby(["to_stage", "score_band", month]):
        earlier = outcomes[
            (outcomes["to_stage"] == to_stage)
            & (outcomes["score_band"] == band)
            & outcomes["is_mature"]
            & (matured < entered)
        ]
        assert (members["earlier_mqls"] == len(earlier)).all()
        if len(earlier) < 30:
            assert members["predicted_rate"].isna().all()
        else:
            rate = earlier["is_converted"].mean()
            assert members["predicted_rate"].to_numpy() == pytest.approx(rate, abs=1e-12)
    assert outcomes["predicted_rate"].notna().any()


def test_calibration_is_counted_right(built: Built, slices: Slices) -> None:
    found = _by_key(built, "mart_score_calibration", "bucket_type", "bucket")
    for key, everybody in slices.items():
        members = everybody[everybody["is_mature"]]
        if members.empty:
            continue
        overall = members["is_converted"].mean()
        for bucket_type, bucket in (("decile", _deciles(members)), ("score_band", None)):
            groups = members.groupby(members["score_band"] if bucket is None else bucket)
            in_order = sorted(groups, key=lambda group: group[1]["score"].min())
            for number, (name, group) in enumerate(in_order, start=1):
                row = found.pop((*key, bucket_type, str(name)))
                predicted = group[group["predicted_rate"].notna()]
                assert row["bucket_number"] == number
                assert (row["mqls"], row["conversions"], row["predicted_mqls"]) == (
                    len(group),
                    group["is_converted"].sum(),
                    len(predicted),
                )
                rate = group["is_converted"].mean()
                interval = binomtest(int(group["is_converted"].sum()), len(group)).proportion_ci(
                    method="wilson"
                )
                assert _values(row, "conversion_rate", "_low", "_high") == pytest.approx(
                    [rate, *interval], abs=1e-9
                )
                assert [float(row["score_low"]), float(row["score_high"]), row["mean_score"]] == (
                    pytest.approx(
                        [group["score"].min(), group["score"].max(), group["score"].mean()]
                    )
                )
                assert row["lift"] == (pytest.approx(rate / overall) if overall else None)
                assert row["is_small_n"] == (len(group) < 30)
                if predicted.empty:
                    assert row["predicted_conversion_rate"] is None
                    continue
                assert row["predicted_conversion_rate"] == pytest.approx(
                    predicted["predicted_rate"].mean()
                )
                assert row["predicted_mqls_conversion_rate"] == pytest.approx(
                    predicted["is_converted"].mean()
                )
    assert not found


def _deciles(members: pd.DataFrame) -> Any:
    """MQLs of one score have the mean of their ranks."""
    ranks = rankdata(members["score"])
    return np.floor((2 * ranks - 1) * 5 / len(members)).astype(int) + 1


def _by_key(built: Built, mart: str, *more: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    rows = {}
    for row in built.rows(f"marts.{mart}"):
        start = row["period_start_date"]
        row["period_start_date"] = pd.Timestamp(start) if start else None
        rows[tuple(row[name] for name in (*KEYS, *more))] = row
    return rows


def _values(row: dict[str, Any], name: str, *ends: str) -> list[Any]:
    return [row[name], *(row[f"{name}{end}"] for end in ends)]


def test_quality_is_that_of_scipy(built: Built, slices: Slices) -> None:
    found = _by_key(built, "mart_score_quality")
    told_apart = 0
    for key, everybody in slices.items():
        row = found.pop(key)
        members = everybody[everybody["is_mature"]]
        score, is_converted = members["score"].to_numpy(), members["is_converted"].to_numpy()
        assert (row["entrants"], row["mqls"], row["conversions"]) == (
            len(everybody),
            len(members),
            is_converted.sum(),
        )
        assert row["mature_share"] == pytest.approx(len(members) / len(everybody))
        won, missed = score[is_converted], score[~is_converted]
        if len(won) and len(missed):
            told_apart += 1
            auc = mannwhitneyu(won, missed).statistic / (len(won) * len(missed))
            assert row["auc"] == pytest.approx(auc, abs=1e-9), key
            if len(set(score)) > 1:
                rank_correlation = spearmanr(score, is_converted).statistic
                assert row["rank_correlation"] == pytest.approx(rank_correlation, abs=1e-9), key
            else:
                assert row["rank_correlation"] is None
        else:
            assert row["auc"] is None
            assert row["rank_correlation"] is None
        if min(len(won), len(missed)) > 1:
            assert [row["auc_low"], row["auc_high"]] == pytest.approx(
                _delong(won, missed), abs=1e-9
            )
        else:
            assert row["auc_low"] is None
            assert row["auc_high"] is None
        if len(members):
            rates = members["is_converted"].groupby(_deciles(members)).mean()
            assert row["deciles"] == len(rates)
            assert row["decile_inversions"] == (rates.diff() < 0).sum()
            if len(won):
                assert row["top_decile_lift"] == pytest.approx(rates.iloc[-1] / is_converted.mean())
        _assert_predictions_are_judged_right(row, members[members["predicted_rate"].notna()])
    assert not found
    assert told_apart > 10


def _delong(won: np.ndarray, missed: np.ndarray) -> list[float]:
    """The 95 % interval of the area, from all pairs."""
    above = (won[:, None] > missed) + 0.5 * (won[:, None] == missed)
    variance = above.mean(axis=1).var(ddof=1) / len(won) + above.mean(axis=0).var(ddof=1) / len(
        missed
    )
    half = 1.959963984540054 * np.sqrt(variance)
    return [max(0.0, above.mean() - half), min(1.0, above.mean() + half)]


def _assert_predictions_are_judged_right(row: dict[str, Any], members: pd.DataFrame) -> None:
    assert row["predicted_mqls"] == len(members)
    if members.empty:
        assert row["brier_score"] is None
        assert row["calibration_error"] is None
        return
    happened = members["is_converted"].astype(float)
    brier = ((members["predicted_rate"] - happened) ** 2).mean()
    assert row["brier_score"] == pytest.approx(brier, abs=1e-12)
    constant = ((happened.mean() - happened) ** 2).mean()
    if constant:
        assert row["brier_skill_score"] == pytest.approx(1 - brier / constant, abs=1e-9)
    else:
        assert row["brier_skill_score"] is None
    bands = members.assign(happened=happened).groupby("score_band")
    gaps = (bands["predicted_rate"].mean() - bands["happened"].mean()).abs()
    expected = np.average(gaps, weights=bands.size())
    assert row["calibration_error"] == pytest.approx(expected, abs=1e-12)


def test_thresholds_keep_who_had_the_points(built: Built, slices: Slices) -> None:
    names = ("segment_type", "segment_value", "to_stage", "threshold")
    rows = built.rows("marts.mart_score_thresholds")
    found = {("all", None, *(row[name] for name in names)): row for row in rows}
    leads = built.table("core.fct_person_scores")
    leads["was_mql"] = leads["person_key"].isin(built.table("core.fct_mql_scores")["person_key"])
    in_force = {60.0}
    for key, everybody in slices.items():
        members = everybody[everybody["is_mature"]]
        if key[0] != "all" or members.empty:
            continue
        of_segment = leads if key[2] == "all" else leads[leads[key[2]] == key[3]]
        for threshold in {*range(0, 101, 5), *in_force}:
            row = found.pop((*key, threshold))
            kept = members[members["score"] >= threshold]
            reaching = of_segment[of_segment["highest_score"].astype(float) >= threshold]
            counts = ["mqls", "conversions", "kept_mqls", "kept_conversions"]
            counts += ["given_up_conversions", "leads", "leads_reaching"]
            counts += ["unqualified_leads_reaching"]
            assert [row[name] for name in counts] == [
                len(members),
                members["is_converted"].sum(),
                len(kept),
                kept["is_converted"].sum(),
                (members["is_converted"] & (members["score"] < threshold)).sum(),
                len(of_segment),
                len(reaching),
                (~reaching["was_mql"]).sum(),
            ]
            assert row["is_in_force"] == (threshold in in_force)
            assert row["kept_mql_rate"] == pytest.approx(len(kept) / len(members))
            if kept.empty:
                assert row["kept_conversion_rate"] is None
                continue
            rate, before = kept["is_converted"].mean(), members["is_converted"].mean()
            assert row["kept_conversion_rate"] == pytest.approx(rate)
            assert row["conversion_rate_change"] == pytest.approx(rate - before)
    assert not found


def test_highest_score_is_the_best_that_was_ever_seen(built: Built) -> None:
    seen = defaultdict(list)
    for row in built.rows("core.fct_score_events"):
        seen[row["person_key"]].append(row["score_after"])
    for row in built.rows("core.fct_person_scores"):
        assert row["highest_score"] == max([row["score"], *seen[row["person_key"]]])


# --- the simulator's truth


def test_a_better_fit_converts_better_and_the_score_tells(large_company: Built) -> None:
    """In truth a lead's fit drives both the points of fit and every step: the score must tell."""
    rows = _by_key(large_company, "mart_score_quality")
    for to_stage in OUTCOMES:
        row = rows["all", None, "all", "all", to_stage]
        assert row["mqls"] > 3000
        assert row["auc_low"] > 0.5, to_stage
        assert row["auc_high"] < 0.7, to_stage
        assert row["rank_correlation"] > 0
    bands = _by_key(large_company, "mart_score_calibration", "bucket_type", "bucket")
    cold = bands["all", None, "all", "all", "customer", "score_band", "cold"]
    warm = bands["all", None, "all", "all", "customer", "score_band", "warm"]
    assert cold["conversion_rate_high"] < warm["conversion_rate_low"]
