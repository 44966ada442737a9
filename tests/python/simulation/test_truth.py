"""What is written agrees with the truth beside it."""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from simulated import COMPANY, read

from orchestration.contract import PROJECT_DIR
from simulator.clocks import BusinessCalendar, TimeZones
from simulator.config import seconds_of
from simulator.model import TEAMS

STAGES = ["lead", "mql", "sal", "sql", "opportunity", "customer"]
DAY = 86_400
END = seconds_of(COMPANY.end)
SEEDS = PROJECT_DIR / "seeds"


class Cycle(NamedTuple):
    person: str
    number: int
    entered: dict[str, int]
    exited_at: int | None


def seconds(text: pd.Series) -> pd.Series:
    moments = pd.to_datetime(text, format="ISO8601", utc=True, errors="coerce")
    return (moments - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(seconds=1)


def clean(rows: pd.DataFrame, key: str) -> pd.DataFrame:
    """Without the rows that cannot pass."""
    return rows[rows[key].notna() & ~rows[key].str.startswith("x-", na=False)].drop_duplicates()


@pytest.fixture(scope="session")
def journeys(company: Path) -> pd.DataFrame:
    """The truth, for the persons who count; moments in seconds since 1970."""
    rows = pd.read_parquet(company / "_truth" / "leads.parquet")
    rows = rows[~rows.is_test & ~rows.is_deleted]
    for column in rows.columns[rows.columns.str.endswith("_at")]:
        rows[column] = (rows[column] - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(seconds=1)
    return rows.set_index(["person_lead_id", "cycle"], drop=False)


@pytest.fixture(scope="session")
def person_of(journeys: pd.DataFrame) -> pd.Series:
    """Person of each lead id."""
    persons = journeys.drop_duplicates("person_lead_id")[["person_lead_id", "lead_ids"]]
    return persons.explode("lead_ids").set_index("lead_ids").person_lead_id


@pytest.fixture(scope="session")
def activities(company: Path, person_of: pd.Series) -> pd.DataFrame:
    rows = clean(read(company, "activities"), "activity_id")
    rows = rows.merge(pd.read_csv(SEEDS / "activity_types.csv"), on="activity_type")
    return rows.assign(person=rows.lead_id.map(person_of), at=seconds(rows.occurred_at))


def events(company: Path, person_of: pd.Series, activities: pd.DataFrame) -> pd.DataFrame:
    """Evidence of stages: person, moment, stage, and whether it is a status change."""
    words = pd.read_csv(SEEDS / "stage_map.csv")
    stage_of = words[words.status_field.isna()].set_index("status").stage_key
    leads = clean(read(company, "leads"), "lead_id").drop_duplicates("lead_id")
    statuses = clean(read(company, "lead_status_changes"), "event_id")
    deals = clean(read(company, "opportunities"), "opportunity_id")
    deals = deals[deals.order_type == "new"]
    won = deals[deals.is_won == "true"]
    words = statuses.to_status.str.lower()
    known = leads[leads.email.notna()].lead_id.map(person_of)
    late = activities[activities.is_late_stage & activities.person.isin(known)]
    parts = [
        (leads.lead_id, leads.created_at, "lead", False, None),
        (statuses.lead_id, statuses.changed_at, words.map(stage_of), True, statuses.sequence),
        (late.lead_id, late.occurred_at, "mql", False, None),
        (deals.lead_id, deals.created_at, "opportunity", False, None),
        (won.lead_id, won.closed_at, "customer", False, None),
    ]  # fmt: skip
    rows = pd.concat(
        pd.DataFrame({"person": lead.map(person_of), "at": seconds(at), "stage": stage,
                      "is_status": is_status, "sequence": sequence})
        for lead, at, stage, is_status, sequence in parts
    ).dropna(subset=["person", "at", "stage"])  # fmt: skip
    rows["ordinal"] = rows.stage.map({stage: number for number, stage in enumerate(STAGES)})
    return rows.sort_values(["person", "at", "ordinal", "is_status"])


def cycles(rows: pd.DataFrame) -> Iterator[Cycle]:
    """First entries per person and cycle. A status says where one is; all else only moves on."""
    for person, group in rows.groupby("person", sort=False):
        entered: dict[str, int] = {}
        number, reached, exited_at = 1, -1.0, None
        for at, stage, is_status, ordinal in zip(
            group["at"], group.stage, group.is_status, group.ordinal, strict=True
        ):
            if np.isnan(ordinal):
                exited_at, reached = int(at), -1.0
                continue
            if not is_status and ordinal <= reached:
                continue
            if exited_at is not None:
                yield Cycle(str(person), number, entered, exited_at)
                number, entered, exited_at = number + 1, {}, None
            reached = ordinal if is_status else max(reached, ordinal)
            entered.setdefault(stage, int(at))
        yield Cycle(str(person), number, entered, exited_at)


@pytest.fixture(scope="session")
def observed(company: Path, person_of: pd.Series, activities: pd.DataFrame) -> list[Cycle]:
    return list(cycles(events(company, person_of, activities)))


def test_entries_that_the_data_shows_are_the_true_ones(
    journeys: pd.DataFrame, observed: list[Cycle]
) -> None:
    true = {
        key: (
            {stage: int(row[f"{stage}_at"]) for stage in STAGES if row[f"{stage}_at"] < END},
            int(row["exited_at"]) if row["exited_at"] < END else None,
        )
        for key, row in zip(journeys.index, journeys.to_dict("records"), strict=True)
    }
    true = {key: course for key, course in true.items() if course[0]}
    shown = {(cycle.person, cycle.number): (cycle.entered, cycle.exited_at) for cycle in observed}
    assert shown.keys() == true.keys()
    different = {key for key in true if shown[key] != true[key]}
    # stepping back to an MQL that never was is the one entry that the truth does not call one
    stepped_back = set(journeys.index[journeys.regressed_at.notna() & journeys.sal_at.isna()])
    assert different <= stepped_back
    assert len(different) < 0.001 * len(true)


def estimates(
    observed: list[Cycle], from_stage: str, to_stage: str, days: int, measure: str
) -> pd.DataFrame:
    """One row per observed entry with `days` to follow: whether it converted within them."""
    later = STAGES[STAGES.index(to_stage) :] if measure == "reached" else [to_stage]
    rows = []
    for cycle in observed:
        since = cycle.entered.get(from_stage)
        if since is None or since + days * DAY > END:
            continue
        arrivals = [cycle.entered[s] for s in later if s in cycle.entered]
        converted = bool(arrivals) and min(arrivals) - since <= days * DAY
        rows.append((cycle.person, converted))
    return pd.DataFrame(rows, columns=["person", "converted"])


@pytest.mark.parametrize("measure", ["reached", "observed"])
@pytest.mark.parametrize(
    "transition",
    [*pairwise(STAGES), ("mql", "sql"), ("lead", "sql"), ("lead", "customer")],
)
def test_estimated_conversions_agree_with_the_truth(
    company: Path,
    journeys: pd.DataFrame,
    observed: list[Cycle],
    transition: tuple[str, str],
    measure: str,
) -> None:
    from_stage, to_stage = transition
    truth = pd.read_parquet(company / "_truth" / "conversions.parquet")
    truth = truth.query(
        "from_stage == @from_stage and to_stage == @to_stage and measure == @measure"
        " and persona.isna() and count_mode == 'cycle' and horizon_days <= 120"
    )
    channel_of = journeys[journeys.cycle == 1].set_index("person_lead_id").channel
    for days, rows in truth.groupby("horizon_days"):
        entries = estimates(observed, from_stage, to_stage, int(days), measure)
        channel = entries.person.map(channel_of)
        for row in rows.itertuples():
            of_row = entries if row.channel is None else entries[channel == row.channel]
            expected = len(of_row) * row.probability
            deviation = abs(of_row.converted.sum() - expected)
            assert deviation < 4.5 * np.sqrt(expected * (1 - row.probability)) + 2, row


def test_first_entries_weigh_the_channels_as_the_truth_does(
    company: Path, observed: list[Cycle]
) -> None:
    truth = pd.read_parquet(company / "_truth" / "conversions.parquet")
    (row,) = truth.query(
        "from_stage == 'mql' and to_stage == 'sql' and measure == 'reached' and channel.isna()"
        " and persona.isna() and count_mode == 'first' and horizon_days == 60"
    ).itertuples()
    entries = estimates(observed, "mql", "sql", 60, "reached").drop_duplicates("person")
    deviation = entries.converted.mean() - row.probability
    assert abs(deviation) < 4 * np.sqrt(row.probability * (1 - row.probability) / len(entries))


def test_headline_repeats_the_table(company: Path) -> None:
    truth = json.loads((company / "_truth" / "truth.json").read_text())["conversions"]
    rows = pd.read_parquet(company / "_truth" / "conversions.parquet")
    (row,) = rows.query(
        "from_stage == 'sal' and to_stage == 'sql' and measure == 'reached' and channel == 'email'"
        " and persona.isna() and count_mode == 'cycle' and horizon_days == 30"
    ).itertuples()
    assert truth["sal>sql"]["email"]["30"] == pytest.approx(row.probability, abs=1e-6)


def identities(company: Path) -> dict[str, Any]:
    """Persons by the rules: same e-mail, standing merges; without test and deleted leads."""
    leads = clean(read(company, "leads"), "lead_id").sort_values("updated_at", kind="stable")
    leads = leads[leads.created_at.str.match(r"20\d\d-\d\d-\d\dT")].drop_duplicates(
        "lead_id", keep="last"
    )
    leads = leads[leads.origin_owner != "the intern"]
    merges = clean(read(company, "lead_merges"), "event_id")
    merges = merges[merges.merged_at.str.startswith("20") & merges.reversed_at.isna()]
    group = {lead: lead for lead in leads.lead_id}

    def root(lead: str) -> str:
        while group[lead] != lead:
            lead = group[lead]
        return lead

    email = leads.email.str.strip().str.lower()
    for members in leads.lead_id.groupby(email).apply(list):
        for member in members[1:]:
            group[root(member)] = root(members[0])
    for row in merges.itertuples():
        group[root(row.loser_lead_id)] = root(row.survivor_lead_id)
    is_gone = (leads.is_deleted == "true") & ~leads.lead_id.isin(merges.loser_lead_id)
    counted = leads[(leads.is_test != "true") & ~is_gone]
    return {
        "leads": len(leads),
        "persons": leads.lead_id.map(root).nunique(),
        "persons_counted": counted.lead_id.map(root).nunique(),
        "test_leads": int((leads.is_test == "true").sum()),
        "deleted_leads": int(is_gone.sum()),
        "merged_away_leads": len(merges),
    }


def test_persons_are_as_many_as_the_truth_counts(company: Path) -> None:
    counts = json.loads((company / "_truth" / "truth.json").read_text())["counts"]
    found = identities(company)
    assert found == {name: counts[name] for name in found}
    assert found["leads"] == COMPANY.leads
    assert counts["same_email_leads"] > 0 and counts["reversed_merges"] > 0


def test_late_stage_actions_come_at_the_mql_or_after_it_in_the_same_cycle(
    company: Path, journeys: pd.DataFrame, activities: pd.DataFrame
) -> None:
    leads = clean(read(company, "leads"), "lead_id").drop_duplicates("lead_id")
    known = activities.lead_id.isin(leads[leads.email.notna()].lead_id)
    actions = activities[activities.is_late_stage & known & activities.person.notna()]
    spans = journeys.reset_index(drop=True)[
        ["person_lead_id", "mql_at", "exited_at", "is_mql_by_rule"]
    ]
    found = actions.merge(spans, left_on="person", right_on="person_lead_id")
    inside = (found["at"] >= found.mql_at) & ~(found["at"] >= found.exited_at)
    assert set(found[inside].activity_id) == set(actions.activity_id)
    by_rule = spans[spans.is_mql_by_rule & (spans.mql_at < END)]
    starts = set(zip(actions.person, actions["at"], strict=True))
    assert set(zip(by_rule.person_lead_id, by_rule.mql_at, strict=True)) <= starts
    assert 0.3 < len(by_rule) / (spans.mql_at < END).sum() < 0.6


def test_the_score_rule_stays_silent_before_the_mql(
    company: Path, person_of: pd.Series, journeys: pd.DataFrame, activities: pd.DataFrame
) -> None:
    """Without decay, all points of a person up to the MQL (or ever) stay below the threshold."""
    rules = pd.read_csv(SEEDS / "scoring_rules.csv").set_index("rule_key")
    threshold = pd.read_csv(SEEDS / "mql_rules.csv").set_index("rule_key").loc["score"]
    leads = clean(read(company, "leads"), "lead_id")
    leads = leads.assign(person=leads.lead_id.map(person_of)).dropna(subset=["person"])
    size = pd.to_numeric(leads.employee_count, errors="coerce")
    low, high = map(int, rules.value["fit_mid_size"].split(";"))
    free_domains = rules.value["fit_business_email"].split(";")
    is_business_email = leads.email.notna() & ~leads.email.str.split("@").str[1].isin(free_domains)
    fit = (
        size.between(low, high) * rules.points["fit_mid_size"]
        + (size > int(rules.value["fit_large"])) * rules.points["fit_large"]
        + leads.industry.isin(rules.value["fit_industry"].split(";")) * rules.points["fit_industry"]
        + is_business_email * rules.points["fit_business_email"]
    )
    fit = fit.groupby(leads.person).max()

    last_mql = journeys.groupby(level=0).mql_at.last()
    before = activities[~(activities["at"] >= activities.person.map(last_mql))]
    engagement = rules[rules.dimension == "engagement"].set_index("subject")
    done = before.groupby(["person", "activity_type"]).size().unstack(fill_value=0)
    points = sum(
        (done[kind] * engagement.points[kind]).clip(upper=engagement.cap[kind])
        for kind in engagement.index.intersection(done.columns)
    )
    score = fit.add(points, fill_value=0)[fit >= threshold.fit_threshold]
    assert score.max() < threshold.score_threshold
    assert score.max() > threshold.score_threshold - 10


def test_first_contact_behaves_as_the_team_does(
    company: Path, journeys: pd.DataFrame, activities: pd.DataFrame
) -> None:
    truth = json.loads((company / "_truth" / "truth.json").read_text())["first_contact"]
    first = journeys[(journeys.cycle == 1) & (journeys.channel != "cold_call")]
    first = first[first.mql_at < END - 30 * DAY].droplevel("cycle")
    automated = activities.is_automated.eq("true")
    ours = activities[activities.is_human_outbound & ~automated].sort_values("at")
    contacts = ours[ours.person.isin(first.index)].groupby("person")["at"].first()
    assert (contacts >= first.mql_at.reindex(contacts.index)).all()
    for team, expected in zip(TEAMS, truth, strict=True):
        mqls = first[first.team == team.key].mql_at
        contacted_at = contacts.reindex(mqls.index)
        within_the_cycle = contacted_at <= mqls + 25 * DAY
        calendar = BusinessCalendar.of(team.calendar_id, COMPANY.start, COMPANY.end, SEEDS)
        due = calendar.after(mqls.to_numpy(), np.full(len(mqls), 60.0))
        for found, share in (
            (within_the_cycle.mean(), 1 - expected["never_contacted"]),
            ((contacted_at <= due).mean(), expected["within_60_minutes"]),
        ):
            assert found == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / len(mqls)))


def test_deals_follow_the_stages(
    company: Path, journeys: pd.DataFrame, person_of: pd.Series
) -> None:
    deals = clean(read(company, "opportunities"), "opportunity_id")
    won = deals[(deals.is_won == "true") & (deals.order_type == "new")]
    won = won.assign(person=won.lead_id.map(person_of), at=seconds(won.closed_at)).dropna(
        subset=["person", "at"]
    )
    customers = journeys.groupby(level=0).customer_at.min()
    assert (won["at"] == won.person.map(customers)).all()
    orders = clean(read(company, "orders"), "order_id")
    first_order = seconds(orders.ordered_at).groupby(orders.lead_id.map(person_of)).min()
    assert (first_order >= customers.reindex(first_order.index)).all()
    versions = deals.groupby(["opportunity_id", "updated_at"]).size()
    assert versions.max() == 1
    assert deals.groupby("opportunity_id").size().max() == 5


def test_traffic_and_leads_show_the_visitor_to_lead_rate(company: Path) -> None:
    truth = json.loads((company / "_truth" / "truth.json").read_text())["visitor_to_lead"]
    traffic = clean(read(company, "web_traffic"), "channel")
    visitors = pd.to_numeric(traffic.visitors).groupby(traffic.channel).sum()
    leads = (
        clean(read(company, "leads"), "lead_id").drop_duplicates("lead_id").channel.value_counts()
    )
    for channel, rate in truth.items():
        assert leads[channel] / visitors[channel] == pytest.approx(rate, rel=0.12)


def test_leads_follow_season_weekday_and_local_hour(company: Path, journeys: pd.DataFrame) -> None:
    truth = json.loads((company / "_truth" / "truth.json").read_text())["seasonality"]
    created = pd.to_datetime(journeys[journeys.cycle == 1].lead_at, unit="s", utc=True)
    months = created.dt.month.value_counts(normalize=True)
    assert months[10] / months[8] == pytest.approx(2.0, rel=0.2)
    weekday = created.dt.day_of_week.value_counts(normalize=True).sort_index()
    expected = np.array(truth["weekday_factors"]) / sum(truth["weekday_factors"])
    assert weekday.to_numpy() == pytest.approx(expected, abs=0.02)
    german = created[journeys[journeys.cycle == 1].country == "DE"].dt.tz_convert("Europe/Berlin")
    hours = german.dt.hour.value_counts(normalize=True)
    assert hours[10] == pytest.approx(
        truth["hour_factors"][10] / sum(truth["hour_factors"]), rel=0.4
    )


def test_nights_when_the_clocks_change_are_there(company: Path) -> None:
    moments = clean(read(company, "activities"), "activity_id").occurred_at
    zones = TimeZones.between(["Europe/Madrid", "America/New_York"], seconds_of(COMPANY.start), END)
    at = seconds(moments)
    for transitions in zones.transitions:
        assert len(transitions) == 2
        for night in transitions:
            assert ((at > night - 7_200) & (at < night)).any()
            assert ((at >= night) & (at < night + 7_200)).any()
    twice = moments[moments.str.startswith("2024-10-27T02:")].str[-6:]
    assert {"+02:00", "+01:00"} <= set(twice)


def test_traps_of_real_data_are_there(company: Path) -> None:
    changes = clean(read(company, "lead_status_changes"), "event_id")
    assert changes.event_id.str.len().eq(19).all()
    ties = changes.duplicated(["lead_id", "changed_at"], keep=False)
    assert changes[ties].sequence.notna().any() and changes[ties].sequence.isna().any()
    assert not seconds(changes.changed_at).dropna().is_monotonic_increasing
    assert changes.changed_at.str.contains(r"[+-]\d\d:\d\d$").mean() == pytest.approx(
        0.02, abs=0.01
    )
    leads = clean(read(company, "leads"), "lead_id")
    assert leads.email.str.contains("[A-Z ]").any()
    assert leads.main_challenge.str.contains("\n").any()
    merges = clean(read(company, "lead_merges"), "event_id")
    assert merges.loser_lead_id.isin(merges.survivor_lead_id).any(), "no chain of merges"
    reps = clean(read(company, "reps"), "rep_id")
    assert reps.rep_id.duplicated().sum() == 2 and reps.left_on.notna().sum() == 1
