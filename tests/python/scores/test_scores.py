"""The SQL of scores and MQL rules against their definition, on random rules and histories."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.project import lay_parsed, parsed_project, project_beside
from support.score_oracle import (
    Activity,
    MqlRule,
    PersonVersion,
    Rulebook,
    ScoreEvent,
    ScoringRule,
    mql_events,
    score_events,
)

MODELS = (
    "int_scoring_terms",
    "int_scored_activities",
    "int_rule_balances",
    "int_person_periods",
    "int_person_rule_matches",
    "int_person_fits",
    "int_score_events",
    "int_mql_rule_events",
)
"""In the order in which they build on each other."""
STANDINGS = ("fct_person_rule_points", "fct_mql_scores")
"""Scores at moments between activities: at as_of, and at entries to MQL."""
TESTS = (
    "assert_scoring_rules_can_be_applied",
    "assert_persona_rules_can_be_applied",
    "assert_mql_rules_can_be_applied",
)

TEXT, NUMBER, FLAG, MOMENT = pa.string(), pa.float64(), pa.bool_(), pa.timestamp("us")
PERIOD = {"valid_from": MOMENT, "valid_to": MOMENT}
TEXT_ATTRIBUTES = (
    *("channel", "campaign_id", "lead_source", "origin_owner", "country", "region", "timezone"),
    *("industry", "income_band", "interest", "main_challenge", "email_domain"),
)
SEGMENTS = (
    *("source_system", "channel", "campaign", "country", "origin_owner", "owner_team"),
    *("persona", "fit_band"),
)
INPUTS = {
    "reference.scoring_rules": {
        **dict.fromkeys(("rule_key", "dimension", "subject", "operator", "value"), TEXT),
        **dict.fromkeys(("points", "cap", "half_life_days"), NUMBER),
        **PERIOD,
    },
    "reference.mql_rules": {
        **dict.fromkeys(("rule_key", "trigger"), TEXT),
        **dict.fromkeys(("score_threshold", "fit_threshold"), NUMBER),
        **PERIOD,
    },
    "reference.persona_rules": {
        **dict.fromkeys(("rule_key", "persona_key", "subject", "operator", "value"), TEXT),
        **PERIOD,
    },
    "intermediate.int_lead_persons": {"person_key": TEXT},
    "intermediate.int_person_versions": {
        **dict.fromkeys(("person_key", "source_system", "owner_rep_id"), TEXT),
        **dict.fromkeys(TEXT_ATTRIBUTES, TEXT),
        "employee_count": pa.int64(),
        "company_revenue": pa.decimal128(18, 2),
        **PERIOD,
    },
    "intermediate.int_activities": {
        **dict.fromkeys(("person_key", "source_system", "activity_id", "activity_type"), TEXT),
        **dict.fromkeys(("is_late_stage", "is_after_as_of"), FLAG),
        "occurred_at": MOMENT,
        "occurred_day": pa.date32(),
    },
    "intermediate.int_as_of": {"as_of": MOMENT},
    "intermediate.int_score_bands": {
        **dict.fromkeys(("dimension", "band"), TEXT),
        **dict.fromkeys(("points_from", "points_to"), NUMBER),
    },
    "core.fct_stage_entries": {
        **dict.fromkeys(("entry_key", "cycle_key", "person_key", "stage"), TEXT),
        **dict.fromkeys(SEGMENTS, TEXT),
        "cycle_number": pa.int32(),
        "is_inferred": FLAG,
        "entered_date": pa.date32(),
        "observed_at": MOMENT,
    },
}
"""Columns that the models read, by table."""

Rows = list[dict[str, Any]]


class Scores:
    """The models' SQL, as dbt compiles it, on a database of its own."""

    def __init__(self, sql: dict[str, str]) -> None:
        self._sql = sql
        self._database = duckdb.connect()
        self._database.execute("attach ':memory:' as warehouse; use warehouse; set threads = 1")
        self._database.execute("create schema intermediate; create schema reference")
        self._database.execute("create schema core")

    def put(self, table: str, rows: Rows) -> None:
        landed = pa.Table.from_pylist(rows, pa.schema(INPUTS[table]))
        self._database.register("landed", landed)
        self._database.execute(f"create or replace table {table} as select * from landed")

    def build(self, model: str) -> Rows:
        table = f"intermediate.{model}"
        self._database.execute(f"create or replace table {table} as {self._sql[model]}")
        found = self._database.execute(f"select * from {table}")
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def test(self, name: str) -> None:
        self._database.execute(self._sql[name]).fetchall()


@pytest.fixture(scope="module")
def scores(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Scores:
    folder = tmp_path_factory.mktemp("scores")
    (folder / "warehouse" / "build").mkdir(parents=True)
    lay_parsed(parsed_project(shared), folder / "target")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "dbt.cli.main", "--no-use-colors", "compile", "--quiet"),
            *("--select", *MODELS, *STANDINGS, *TESTS),
        ],
        cwd=project_beside(folder / "warehouse"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    compiled = folder / "target" / "compiled" / "lead_funnel"
    files = [*(compiled / "models").rglob("*.sql"), *(compiled / "tests").glob("*.sql")]
    sql = {path.stem: path.read_text(encoding="utf-8") for path in files if _is_a_node(path)}
    assert sql.keys() >= {*MODELS, *STANDINGS, *TESTS}
    return Scores(sql)


def _is_a_node(path: Path) -> bool:
    return not path.parent.name.endswith(".yml")


# --- random companies

START = datetime(2024, 1, 1)
TYPES = ("page_view", "ebook_download", "bounce")
LATE_STAGE = "demo_request"

hours = st.integers(0, 24 * 25)
later_hours = st.integers(1, 24 * 20)


def moment(hour: int) -> datetime:
    return START + timedelta(hours=hour)


@st.composite
def periods(draw: st.DrawFn, *, most: int = 3) -> list[tuple[datetime, datetime | None]]:
    """Periods one after the other, some with a gap between them, the last one open or not."""
    found: list[tuple[datetime, datetime | None]] = []
    start = draw(st.integers(-48, 24 * 3))
    for _ in range(draw(st.integers(1, most))):
        end = start + draw(later_hours)
        found.append((moment(start), moment(end)))
        start = end + draw(st.sampled_from((0, 0, 30)))
    if draw(st.booleans()):
        found[-1] = (found[-1][0], None)
    return found


@st.composite
def activity_rules(draw: st.DrawFn) -> list[ScoringRule]:
    return [
        ScoringRule(
            *period,
            rule_key=f"rule_of_{activity_type}",
            dimension="negative" if activity_type == "bounce" else "engagement",
            subject=activity_type,
            points=draw(st.sampled_from((1.0, 2.5, 8.0, 30.0))),
            cap=draw(st.sampled_from((None, 5.0, 12.0))),
            # 15 minutes: thousands of halvings in a history
            half_life_days=draw(st.sampled_from((None, 1 / 96, 0.5, 3.0, 14.0))),
        )
        for activity_type in TYPES
        for period in draw(periods())
    ]


@st.composite
def fit_rules(draw: st.DrawFn) -> list[ScoringRule]:
    asked = (
        ("country", "equals", "es"),
        ("country", "in", "ES;fr"),
        ("country", "not_in", "es;fr"),
        ("employee_count", "between", "10;50"),
        ("employee_count", "greater_than", "50"),
        ("employee_count", "less_than", "10.5"),
    )
    return [
        ScoringRule(
            *period,
            rule_key=f"fit_{number}",
            dimension="fit",
            subject=subject,
            operator=operator,
            value=value,
            points=draw(st.sampled_from((2.0, 5.5))),
        )
        for number in draw(st.sets(st.integers(0, 2)))
        for subject, operator, value in [draw(st.sampled_from(asked))]
        for period in draw(periods())
    ]


@st.composite
def mql_rules(draw: st.DrawFn) -> list[MqlRule]:
    by_score = [
        MqlRule(
            *period,
            rule_key=f"score_{number}",
            trigger="score",
            score_threshold=draw(st.sampled_from((2.5, 6.0))),
            fit_threshold=draw(st.sampled_from((None, 2.0))),
        )
        for number in range(2)
        for period in draw(periods())
    ]
    by_action = [MqlRule(*period, "action", "late_stage_action") for period in draw(periods())]
    return by_score + by_action


@st.composite
def person_versions(draw: st.DrawFn, person_key: str) -> list[PersonVersion]:
    changes = sorted(draw(st.sets(hours, max_size=2)))
    starts = [datetime(1900, 1, 1), *map(moment, changes)]
    return [
        PersonVersion(
            start,
            end,
            person_key,
            country=draw(st.sampled_from((None, "ES", "fr", "DE"))),
            employee_count=draw(st.sampled_from((None, 10, 50, 51))),
            email_domain=draw(st.sampled_from((None, "firm.com"))),
        )
        for start, end in zip(starts, [*starts[1:], datetime(9999, 12, 31)], strict=True)
    ]


@st.composite
def activities(draw: st.DrawFn, person_key: str) -> list[Activity]:
    types = st.sampled_from((*TYPES, *TYPES, LATE_STAGE))
    done = draw(st.lists(st.tuples(types, hours), min_size=5, max_size=15))
    ids = draw(st.permutations(range(len(done))))
    return [
        Activity(person_key, f"{person_key}{id_:02}", kind, kind == LATE_STAGE, moment(hour))
        for id_, (kind, hour) in zip(ids, done, strict=True)
    ]


@st.composite
def companies(draw: st.DrawFn) -> tuple[Rulebook, list[PersonVersion], list[Activity]]:
    rules = Rulebook(draw(activity_rules()) + draw(fit_rules()), draw(mql_rules()))
    persons = ("ana", "ben", "cho")
    versions = [version for person in persons for version in draw(person_versions(person))]
    done = [activity for person in persons for activity in draw(activities(person))]
    return rules, versions, done


def by_definition(
    rules: Rulebook, versions: Sequence[PersonVersion], done: Sequence[Activity]
) -> Iterator[tuple[list[ScoreEvent], list[tuple[str, str]]]]:
    """Score events and MQL rule events of each person."""
    for person in {version.person_key for version in versions}:
        own_versions = [version for version in versions if version.person_key == person]
        own_activities = [activity for activity in done if activity.person_key == person]
        events = list(score_events(rules, own_versions, own_activities))
        yield events, list(mql_events(rules, own_versions, own_activities, events))


@given(companies())
@settings(max_examples=60, deadline=None)
def test_scores_and_rule_events_are_those_of_the_definition(
    scores: Scores, company: tuple[Rulebook, list[PersonVersion], list[Activity]]
) -> None:
    rules, versions, done = company
    as_staged = {"source_system": "s", "is_after_as_of": False}
    scores.put("reference.scoring_rules", [asdict(rule) for rule in rules.scoring])
    scores.put("reference.mql_rules", [asdict(rule) for rule in rules.mql])
    scores.put("reference.persona_rules", [])
    scores.put("intermediate.int_person_versions", [asdict(version) for version in versions])
    scores.put("intermediate.int_lead_persons", [asdict(version) for version in versions])
    scores.put("intermediate.int_activities", [asdict(it) | as_staged for it in done])
    built = {model: scores.build(model) for model in MODELS}

    expected = list(by_definition(rules, versions, done))
    found = {row["activity_id"]: row for row in built["int_score_events"]}
    assert len(found) == len(built["int_score_events"]) == sum(len(it) for it, _ in expected)
    for events, _ in expected:
        for position, event in enumerate(events, start=1):
            row = found[event.activity.activity_id]
            assert (row["position"], row["rule_key"]) == (position, event.rule_key)
            figures = [row[name] for name in ("fit", "engagement", "negative", "score")]
            assert [float(it) for it in [*figures, row["score"] - row["score_change"]]] == (
                pytest.approx(
                    [event.fit, event.engagement, event.negative, event.score, event.before],
                    abs=2e-6,
                )
            )
    qualified = [(row["activity_id"], row["rule_key"]) for row in built["int_mql_rule_events"]]
    assert sorted(qualified) == sorted(event for _, events in expected for event in events)


@given(companies(), st.integers(24 * 25, 24 * 60), st.lists(hours, min_size=3, max_size=3))
@settings(max_examples=30, deadline=None)
def test_scores_between_activities_are_those_of_the_definition(
    scores: Scores,
    company: tuple[Rulebook, list[PersonVersion], list[Activity]],
    last_hour: int,
    entry_hours: list[int],
) -> None:
    rules, versions, done = company
    as_of = moment(last_hour)
    persons = sorted({version.person_key for version in versions})
    entries = {
        f"{person}{hour}": (person, moment(hour))
        for person, hour in zip(persons, entry_hours, strict=True)
    }
    as_staged = {"source_system": "s", "is_after_as_of": False}
    scores.put("reference.scoring_rules", [asdict(rule) for rule in rules.scoring])
    scores.put("reference.persona_rules", [])
    scores.put("intermediate.int_as_of", [{"as_of": as_of}])
    scores.put(
        "intermediate.int_score_bands",
        [{"dimension": "score", "band": "any", "points_from": -1e9, "points_to": 1e9}],
    )
    scores.put("intermediate.int_person_versions", [asdict(version) for version in versions])
    scores.put("intermediate.int_lead_persons", [asdict(version) for version in versions])
    scores.put("intermediate.int_activities", [asdict(it) | as_staged for it in done])
    scores.put(
        "core.fct_stage_entries",
        [
            {"entry_key": key, "person_key": person, "stage": "mql", "observed_at": at}
            | {"is_inferred": False}
            for key, (person, at) in entries.items()
        ],
    )
    built = {model: scores.build(model) for model in (*MODELS[:6], *STANDINGS)}

    def standing(person: str, at: datetime) -> tuple[float, float, float]:
        """Fit, engagement and negative points at a moment."""
        known = next(it for it in versions if it.person_key == person and it.is_in_force(at))
        earned = [
            ScoringRule(**{**vars(rule), "valid_from": it.occurred_at})
            for it in done
            if it.person_key == person and it.occurred_at <= at
            for rule in [rules.rule_for(it)]
            if rule is not None
        ]
        dimensions = (rules.points(name, earned, at) for name in ("engagement", "negative"))
        return (rules.fit(known, at), *dimensions)

    for person in persons:
        found = dict.fromkeys(("fit", "engagement", "negative"), 0.0)
        for row in built["fct_person_rule_points"]:
            if row["person_key"] == person:
                found[row["dimension"]] += float(row["points"])
        fit, engagement, negative = standing(person, as_of)
        assert list(found.values()) == pytest.approx([fit, engagement, -negative], abs=1e-5)
    assert len(built["fct_mql_scores"]) == len(entries)
    for row in built["fct_mql_scores"]:
        fit, engagement, negative = standing(*entries[row["entry_key"]])
        figures = [row[name] for name in ("fit", "engagement", "negative", "score")]
        assert [float(it) for it in figures] == pytest.approx(
            [fit, engagement, negative, fit + engagement - negative], abs=1e-5
        )


# --- rules that cannot be applied

PAGE = ScoringRule(START, None, "page", "engagement", "page_view", 1.0)
SIZE = ScoringRule(START, None, "size", "fit", "employee_count", 1.0, "greater_than", "9")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"subject": "shoe_size"}, "subject is not an attribute of a lead"),
        ({"value": None}, "operator or value is missing"),
        ({"value": "nine"}, "value is not a number"),
        ({"operator": "between"}, "value is not two numbers, low;high"),
        ({"cap": 1.0}, "cap and half_life_days are for activities"),
    ],
)
def test_a_fit_rule_that_cannot_be_applied_is_named(
    scores: Scores, wrong: dict[str, Any], message: str
) -> None:
    scores.put("reference.scoring_rules", [asdict(PAGE), asdict(SIZE) | wrong])
    with pytest.raises(duckdb.Error, match=f'scoring_rules: {message}.*"size"'):
        scores.test("assert_scoring_rules_can_be_applied")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"operator": "equals", "value": "x"}, "operator and value are for fit"),
        ({"points": -1.0}, "points are below 0"),
        ({"half_life_days": 0.0}, "half_life_days is not above 0"),
        ({"cap": -1.0}, "half_life_days is not above 0, or cap is below 0"),
        ({"valid_from": START - timedelta(days=9)}, "another rule gives points for the same"),
    ],
)
def test_an_activity_rule_that_cannot_be_applied_is_named(
    scores: Scores, wrong: dict[str, Any], message: str
) -> None:
    other = asdict(PAGE) | {"rule_key": "other", "subject": "bounce"}
    if "valid_from" in wrong:
        other["subject"] = "page_view"
    scores.put("reference.scoring_rules", [asdict(SIZE), asdict(PAGE), other | wrong])
    with pytest.raises(duckdb.Error, match=f'scoring_rules: {message}.*"other"'):
        scores.test("assert_scoring_rules_can_be_applied")


def test_a_persona_rule_that_cannot_be_applied_is_named(scores: Scores) -> None:
    buyer = asdict(SIZE) | {"persona_key": "buyer"}
    columns = INPUTS["reference.persona_rules"].keys()
    rule = {name: value for name, value in buyer.items() if name in columns}
    scores.put("reference.persona_rules", [rule])
    scores.test("assert_persona_rules_can_be_applied")
    scores.put("reference.persona_rules", [rule, rule | {"rule_key": "shoes", "subject": "shoe"}])
    with pytest.raises(duckdb.Error, match=r'persona_rules: subject is not an.*"shoes"'):
        scores.test("assert_persona_rules_can_be_applied")


def test_a_score_rule_without_a_threshold_is_named(scores: Scores) -> None:
    scores.put("reference.mql_rules", [asdict(MqlRule(START, None, "score", "score"))])
    with pytest.raises(duckdb.Error, match=r'mql_rules: score_threshold is missing.*"score"'):
        scores.test("assert_mql_rules_can_be_applied")


def test_rules_that_can_be_applied_pass(scores: Scores) -> None:
    next_version = asdict(PAGE) | {"valid_from": START + timedelta(days=9)}
    first_version = asdict(PAGE) | {"valid_to": START + timedelta(days=9)}
    between = asdict(SIZE) | {"rule_key": "mid_size", "operator": "between", "value": "1;9"}
    scores.put("reference.scoring_rules", [first_version, next_version, asdict(SIZE), between])
    scores.test("assert_scoring_rules_can_be_applied")
    scores.put("reference.mql_rules", [asdict(MqlRule(START, None, "score", "score", 60.0))])
    scores.test("assert_mql_rules_can_be_applied")
