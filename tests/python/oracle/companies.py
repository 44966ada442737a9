"""Landing folders for the oracle tests: simulated, random and hand-made companies side by side."""

import csv
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from plans import PLANS
from random_sales import random_sales
from service_company import service_company

from orchestration.contract import contract_tables
from simulator import SimulationConfig, simulate

Rows = dict[str, list[dict[str, Any]]]

DAY_ZERO = datetime(2024, 3, 1)
AS_OF = datetime(2024, 11, 16, 12)
"""A Saturday before the end of the companies, so that a part of their events is still to come."""


def write_companies(landing: Path) -> None:
    """Three simulated companies with many dirty rows, random ones, hand-made stories, and plans."""
    for seed in (1, 2, 3):
        config = SimulationConfig(
            leads=300, months=12, seed=seed, activities_per_lead=6, dirty_share=0.02
        )
        folder = landing.with_name(f"company_{seed}")
        simulate(config, folder)
        _take_over(folder, landing, f"simulated_{seed}")
    write_rows(landing, "random", random_company(11, leads=600))
    write_rows(landing, "sales", random_sales(12, AS_OF))
    write_rows(landing, "stories", stories_as_rows(STORIES))
    write_rows(landing, "service", service_company(7, leads=200, as_of=AS_OF))
    write_rows(landing, "plans", PLANS)


def write_rows(landing: Path, name: str, tables: Rows) -> None:
    """One CSV file per table."""
    for table, rows in tables.items():
        columns = contract_tables()[table].column_names
        path = landing / table / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)


def _take_over(company: Path, landing: Path, source_system: str) -> None:
    """The files of a simulated company, its system written into every row."""
    for path in company.glob("[!_]*/*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            rows = [row | {"source_system": source_system} for row in csv.DictReader(file)]
        write_rows(landing, source_system, {path.parent.name: rows})


def random_company(seed: int, leads: int) -> Rows:
    """Two systems of leads with everything at once: few moments and many events, so ties abound.

    Merges run in chains and circles and are reversed, addresses are shared within and between the
    systems, rows repeat, statuses contradict each other, and a part lies after as_of.
    """
    rng = random.Random(seed)
    systems = ("random_a", "random_b")

    def moment() -> datetime:
        # two thirds before as_of, on a coarse grid
        return AS_OF - timedelta(days=rng.choice((60, 45, 40, 30, 20, 10, 2, 0, -1, -30)))

    ids = [(rng.choice(systems), f"{number % 400:03d}") for number in range(leads)]
    people = sorted(set(ids))
    rows: Rows = {
        "leads": [_random_lead(rng, lead, moment) for lead in ids],
        "lead_merges": [],
        "lead_status_changes": [],
        "activities": [],
        "opportunities": [],
        "orders": [],
        "reps": [
            {
                "source_system": system,
                "rep_id": f"r{number}",
                "valid_from": valid_from,
                "name": f"Rep {number}",
                "role": "sdr",
                "team": rng.choice(("north", "south", "")),
            }
            for system in systems
            for number in range(4)
            for valid_from in ("2024-01-01", "2024-10-10")
        ],
    }
    for number in range(leads // 2):
        system, loser = rng.choice(people)
        rows["lead_merges"].append(
            {
                "source_system": system,
                "event_id": f"m{number}",
                "loser_lead_id": loser,
                # into a neighbour, so that chains and circles come about, or itself, or nobody
                "survivor_lead_id": f"{int(loser) + rng.choice((-1, -1, -1, 0, 1, 1, 1, 2)):03d}",
                "merged_at": moment(),
                "reversed_at": moment() if rng.random() < 0.3 else "",
            }
        )
    words = [
        *("new", "Working", "mql", "MQL", "sal", "Accepted", "sql", "opportunity", "customer"),
        *("recycled", "Nurture", "disqualified", "lost", "Zombie", "busy"),
    ]
    for number in range(leads * 6):
        system, lead = rng.choice(people)
        rows["lead_status_changes"].append(
            {
                "source_system": system,
                # ids of which the later ones repeat earlier ones
                "event_id": f"e{rng.randrange(leads * 8)}",
                "lead_id": lead,
                "changed_at": moment(),
                "sequence": rng.choice(("", "", "", 1, 2)),
                "from_status": rng.choice(("", *words)),
                "to_status": rng.choice(words),
                "reason": rng.choice(("", "because", f"reason {number}")),
                "changed_by_rep_id": rng.choice(("", "r1", "r9")),
            }
        )
    # draws of their own leave those of all others as they are
    working = random.Random(seed + 1)
    told = ("new", "Attempted to contact", "Connected", "bad timing", "busy", "mql")
    for number in range(leads * 2):
        system, lead = working.choice(people)
        rows["lead_status_changes"].append(
            {
                "source_system": system,
                "event_id": f"w{number}",
                "lead_id": lead,
                "changed_at": AS_OF
                - timedelta(days=working.choice((60, 45, 30, 20, 10, 2, 0, -1))),
                "status_field": "working",
                "from_status": working.choice(("", *told)),
                "to_status": working.choice(told),
                "changed_by_rep_id": working.choice(("", "r1", "r9")),
            }
        )
    for number in range(leads):
        system, lead = rng.choice(people)
        kind = rng.choice(("demo_request", "trial_start", "page_view", "email_open", "carrier"))
        rows["activities"].append(
            {
                "source_system": system,
                "activity_id": f"a{number}",
                "lead_id": lead if rng.random() < 0.9 else "",
                "activity_type": kind,
                "occurred_at": moment(),
            }
        )
    for number in range(leads // 2):
        system, lead = rng.choice(people)
        created_at, closed_at = moment(), moment()
        is_closed = rng.random() < 0.6
        opportunity = {
            "source_system": system,
            "opportunity_id": f"o{number}",
            "lead_id": lead if rng.random() < 0.95 else "",
            "created_at": created_at,
            "updated_at": created_at,
            "stage": "Open",
        }
        rows["opportunities"] += [
            opportunity,
            opportunity
            | {
                "updated_at": max(created_at, closed_at),
                "stage": "Closed",
                "closed_at": closed_at if is_closed else "",
                "is_won": rng.choice(("true", "false")) if is_closed else "",
            },
        ]
        rows["orders"].append(
            {
                "source_system": system,
                "order_id": f"p{number}",
                "customer_id": f"c{number}",
                "lead_id": lead if rng.random() < 0.3 else "",
                "opportunity_id": f"o{rng.randrange(leads)}",
                "ordered_at": moment(),
                "amount": 100,
                "currency": "EUR",
                "status": rng.choice(("paid", "pending", "cancelled", "refunded")),
            }
        )
    return rows | _random_deal_stages(rng, rows["opportunities"], moment)


def _random_deal_stages(
    rng: random.Random, opportunities: list[dict[str, Any]], moment: Any
) -> Rows:
    """Stages of a half of the deals, many at one moment; one system declares their order."""
    stages = ("Demo", "OFFER", "offer", "Signed", "Dead", "Closed Won", "Closed Lost", "Odd")
    deals = sorted({(row["source_system"], row["opportunity_id"]) for row in opportunities})
    changes = [
        {
            "source_system": system,
            "event_id": f"{opportunity}-{number}",
            "opportunity_id": opportunity,
            "changed_at": moment(),
            "sequence": rng.choice(("", "", 1, 2)),
            "pipeline": rng.choice(("", "", "", "Other")),
            "from_stage": rng.choice(("", *stages)),
            "to_stage": rng.choice(stages),
        }
        for system, opportunity in deals
        if rng.random() < 0.5
        for number in range(rng.randrange(1, 7))
    ]
    declared = (("1", "Demo", 1, ""), ("2", "Offer", 2, ""), ("3", "Signed", 3, "is_won"))
    return {
        "opportunity_stage_changes": changes,
        "pipeline_stages": [
            {
                "source_system": "random_a",
                "pipeline": "main",
                "stage": stage,
                "stage_name": name,
                "ordinal": place,
                **({outcome: "true"} if outcome else {}),
            }
            for stage, name, place, outcome in (*declared, ("4", "Dead", "", "is_lost"))
        ],
    }


def _random_lead(rng: random.Random, lead: tuple[str, str], moment: Any) -> dict[str, Any]:
    created_at = moment()
    address = f"p{rng.randrange(300)}@mail.example"
    return {
        "source_system": lead[0],
        "lead_id": lead[1],
        "created_at": created_at,
        "updated_at": rng.choice(("", created_at, moment())),
        "email": rng.choice((address, address, f" {address.upper()} ", "", "", "none@home")),
        "country": rng.choice(("ES", "MX", "")),
        "channel": rng.choice(("social", "email", "")),
        "campaign_id": rng.choice(("spring", "")),
        "origin_owner": rng.choice(("marketing", "SDR", "", "nobody")),
        "owner_rep_id": rng.choice(("r0", "r1", "r2", "r8", "")),
        "is_test": rng.choice(("true", *[""] * 30)),
        "is_deleted": rng.choice(("yes", "false", *[""] * 10)),
    }


@dataclass(frozen=True)
class Story:
    """One person's records, told by day, and the course that the rules make of them.

    `leads` maps lead id to its row; times are days after DAY_ZERO. `path` names each stint as
    `cycle:stage@day`, of the person that the first lead belongs to.
    """

    name: str
    path: str
    leads: Mapping[str, Mapping[str, Any]]
    statuses: tuple[Mapping[str, Any], ...] = ()
    merges: tuple[Mapping[str, Any], ...] = ()
    actions: tuple[Mapping[str, Any], ...] = ()
    opportunities: tuple[Mapping[str, Any], ...] = ()
    orders: tuple[Mapping[str, Any], ...] = ()


def _status(day: float, to: str, **more: Any) -> dict[str, Any]:
    return {"changed_at": day, "to_status": to, **more}


LATER = (AS_OF - DAY_ZERO) / timedelta(days=1) + 1
"""A day after as_of."""

STORIES = (
    Story("nothing happens", "1:lead@0", {"a": {"created_at": 0}}),
    Story(
        "one moment, the chain of from_status tells the order",
        "1:lead@0 1:sal@1 1:mql@1 1:sql@1",
        {"a": {"created_at": 0}},
        statuses=(
            _status(1, "sql", event_id="1", from_status="MQL"),
            _status(1, "mql", event_id="2", from_status="Accepted"),
            _status(1, "accepted", event_id="3", from_status="new"),
            _status(0.5, "new", event_id="4"),
        ),
    ),
    Story(
        "one moment, the sequence goes before the chain, and rows without one come last",
        "1:lead@0 1:sql@1 1:sal@1 1:mql@1",
        {"a": {"created_at": 0}},
        statuses=(
            _status(1, "mql", from_status="new"),
            _status(1, "sal", sequence=2, from_status="new"),
            _status(1, "sql", sequence=1),
        ),
    ),
    Story(
        "one moment, neither chain nor sequence: the earlier stage first, side stages last",
        "1:lead@0 1:mql@1 1:sal@1 1:lost@1",
        {"a": {"created_at": 0}},
        statuses=(
            _status(1, "lost", event_id="0"),
            _status(1, "sal", event_id="1"),
            _status(1, "mql", event_id="2"),
        ),
    ),
    Story(
        "the creation comes before a status of the same moment",
        "1:lead@0 1:mql@0",
        {"a": {"created_at": 0}},
        statuses=(_status(0, "mql", sequence=1),),
    ),
    Story(
        "the same status twice is one stint",
        "1:lead@0 1:sal@1 1:sql@4",
        {"a": {"created_at": 0}},
        statuses=(_status(1, "sal"), _status(2, "Accepted"), _status(4, "sql")),
    ),
    Story(
        "coming back from a side stage begins a cycle, going from side to side does not",
        "1:lead@0 1:mql@1 1:disqualified@2 1:recycled@3 2:mql@4 2:lost@5 3:lead@6",
        {"a": {"created_at": 0}},
        statuses=(
            _status(1, "mql"),
            _status(2, "disqualified"),
            _status(3, "recycled"),
            _status(4, "mql"),
            _status(5, "lost"),
            _status(6, "working"),
        ),
    ),
    Story(
        "the working status moves nobody, and no change of it follows one of the lifecycle",
        "1:lead@0 1:mql@1 1:sql@1 1:disqualified@4",
        {"a": {"created_at": 0}},
        statuses=(
            _status(1, "mql", event_id="1", from_status="sql"),
            _status(1, "sql", event_id="2", from_status="new", status_field="lifecycle"),
            _status(0.5, "new", event_id="3", status_field="working"),
            _status(2, "Open", status_field="working"),
            _status(3, "Unqualified", status_field="working"),
            _status(4, "Unqualified"),
            _status(5, "connected", status_field="working"),
        ),
    ),
    Story(
        "a step back stays in its cycle",
        "1:lead@0 1:sql@1 1:sal@2 1:sql@3",
        {"a": {"created_at": 0}},
        statuses=(_status(1, "sql"), _status(2, "sal"), _status(3, "sql")),
    ),
    Story(
        "an order before the creation is kept, behind the creation",
        "1:lead@0 1:customer@-5",
        {"a": {"created_at": 0}},
        orders=({"ordered_at": -5, "status": "paid"},),
    ),
    Story(
        "an order that was never paid makes no customer",
        "1:lead@0",
        {"a": {"created_at": 0}},
        orders=({"ordered_at": 5, "status": "cancelled"}, {"ordered_at": 6, "status": "pending"}),
    ),
    Story(
        "a won opportunity is a customer at its closing, one that is lost beside it says nothing",
        "1:lead@0 1:opportunity@2 1:customer@9",
        {"a": {"created_at": 0}},
        opportunities=(
            {"created_at": 2, "closed_at": 9, "is_won": "true"},
            {"created_at": 3, "closed_at": 4, "is_won": "false"},
        ),
    ),
    Story(
        "the last open deal that is lost ends the stage, and another deal begins a new cycle",
        "1:lead@0 1:opportunity@2 1:lost@6 2:opportunity@8",
        {"a": {"created_at": 0}},
        opportunities=(
            {"created_at": 2, "closed_at": 4, "is_won": "false"},
            {"created_at": 3, "closed_at": 6, "is_won": "false"},
            {"created_at": 8},
        ),
    ),
    Story(
        "a status that says lost while a deal is open says nothing, but why the deal is lost later",
        "1:lead@0 1:opportunity@2 1:lost@6",
        {"a": {"created_at": 0}},
        statuses=(_status(4, "lost", reason="too dear"),),
        opportunities=(
            {"created_at": 2, "closed_at": 4, "is_won": "false"},
            {"created_at": 3, "closed_at": 6, "is_won": "false"},
        ),
    ),
    Story(
        "a customer by a deal is not lost with another, but what moves the person first counts",
        "1:lead@0 1:opportunity@2 1:customer@4 1:recycled@8 1:lost@9",
        {"a": {"created_at": 0}},
        statuses=(_status(6, "lost"), _status(8, "recycled"), _status(9, "lost")),
        opportunities=(
            {"created_at": 2, "closed_at": 4, "is_won": "true"},
            {"created_at": 3, "closed_at": 5, "is_won": "false"},
        ),
    ),
    Story(
        "a deal is lost by the word of its stage",
        "1:lead@0 1:opportunity@2 1:lost@4 2:opportunity@6",
        {"a": {"created_at": 0}},
        opportunities=(
            {"created_at": 2, "closed_at": 4, "stage": "Closed Lost"},
            {"created_at": 6},
        ),
    ),
    Story(
        "a deal that was won at a moment that is not given keeps the person from being lost",
        "1:lead@0 1:opportunity@2",
        {"a": {"created_at": 0}},
        opportunities=(
            {"created_at": 2, "closed_at": 4, "is_won": "false"},
            {"created_at": 3, "is_won": "true"},
        ),
    ),
    Story(
        "a loss after a side stage is no other one",
        "1:lead@0 1:opportunity@2 1:recycled@3",
        {"a": {"created_at": 0}},
        statuses=(_status(3, "recycled"),),
        opportunities=({"created_at": 2, "closed_at": 4, "is_won": "false"},),
    ),
    Story(
        "a credit note is no purchase",
        "1:lead@0",
        {"a": {"created_at": 0}},
        orders=({"ordered_at": 5, "status": "paid", "amount": -100},),
    ),
    Story(
        "a deal that closes after as_of is still open",
        "1:lead@0 1:opportunity@2",
        {"a": {"created_at": 0}},
        opportunities=({"created_at": 2, "closed_at": LATER, "is_won": "true"},),
    ),
    Story(
        "evidence moves forward only: an opportunity of a customer is no step back",
        "1:lead@0 1:customer@2",
        {"a": {"created_at": 0}},
        statuses=(_status(2, "customer"),),
        opportunities=({"created_at": 3},),
    ),
    Story(
        "a late-stage action makes an MQL of a known lead",
        "1:lead@0 1:mql@3",
        {"a": {"created_at": 0, "email": "known@stories.example"}},
        actions=({"occurred_at": 3, "activity_type": "demo_request"},),
    ),
    Story(
        "a late-stage action of an unknown lead does not",
        "1:lead@0",
        {"a": {"created_at": 0, "email": "unknown"}},
        actions=({"occurred_at": 3, "activity_type": "demo_request"},),
    ),
    *(
        Story(
            f"the address of record {known} counts, whichever of two of one moment speaks",
            "1:lead@0 1:mql@3",
            {"a": {"created_at": 0}}
            | {
                lead: {"created_at": 1, "email": f"{known}@stories.example" * (lead == known)}
                for lead in ("b", "c")
            },
            merges=(
                {"loser_lead_id": "b", "survivor_lead_id": "a", "merged_at": 2},
                {"loser_lead_id": "c", "survivor_lead_id": "a", "merged_at": 2},
            ),
            actions=({"occurred_at": 3, "activity_type": "demo_request"},),
        )
        for known in ("b", "c")
    ),
    Story(
        "a late-stage action brings a recycled lead back, and an accepted one nowhere",
        "1:lead@0 1:recycled@1 2:mql@3 2:sal@4",
        {"a": {"created_at": 0, "email": "recycled@stories.example"}},
        statuses=(_status(1, "recycled"), _status(4, "sal")),
        actions=(
            {"occurred_at": 3, "activity_type": "demo_request"},
            {"occurred_at": 5, "activity_type": "trial_start"},
        ),
    ),
    Story(
        "an action and a status of the same moment: the earlier stage first",
        "1:lead@0 1:mql@2 1:sal@2",
        {"a": {"created_at": 0, "email": "same.moment@stories.example"}},
        statuses=(_status(2, "sal"),),
        actions=({"occurred_at": 2, "activity_type": "pricing_request"},),
    ),
    Story(
        "what lies after as_of has not happened",
        "1:lead@0 1:mql@1",
        {"a": {"created_at": 0}},
        statuses=(_status(1, "mql"), _status(LATER, "sal")),
        orders=({"ordered_at": LATER, "status": "paid"},),
    ),
    Story(
        "unmapped words and words without a stage keep the place in the chain and no more",
        "1:lead@0 1:sal@1 1:mql@1",
        {"a": {"created_at": 0}},
        statuses=(
            _status(0.5, "new"),
            _status(1, "mql", from_status="busy"),
            _status(1, "busy", from_status="sal"),
            _status(1, "sal", from_status="Zombie"),
            _status(1, "zombie", from_status="new"),
        ),
    ),
    Story(
        "records that share an address or are merged are one person",
        "1:lead@0 1:mql@2 1:sal@3 1:sql@4",
        {
            "a": {"created_at": 0},
            "b": {"created_at": 1, "email": "One@Stories.example"},
            "c": {"created_at": 2, "email": " one@stories.example "},
            "d": {"created_at": 3},
        },
        merges=(
            {"loser_lead_id": "b", "survivor_lead_id": "a", "merged_at": 5},
            {"loser_lead_id": "d", "survivor_lead_id": "c", "merged_at": 6},
        ),
        statuses=(
            _status(2, "mql", lead_id="d"),
            _status(3, "sal", lead_id="c"),
            _status(4, "sql", lead_id="b"),
        ),
    ),
    Story(
        "a reversed merge parts them again, one that is reversed after as_of still stands",
        "1:lead@0 1:sql@3",
        {"a": {"created_at": 0}, "b": {"created_at": 1}, "c": {"created_at": 1}},
        merges=(
            {"loser_lead_id": "b", "survivor_lead_id": "a", "merged_at": 2, "reversed_at": 4},
            {"loser_lead_id": "c", "survivor_lead_id": "a", "merged_at": 2, "reversed_at": LATER},
        ),
        statuses=(_status(3, "mql", lead_id="b"), _status(3, "sql", lead_id="c")),
    ),
    Story(
        "merges in a circle, with an earlier record merged into it, are one person that stays",
        "1:lead@0 1:mql@4",
        {"a": {"created_at": 0}, "b": {"created_at": 1}, "c": {"created_at": 2}},
        merges=(
            {"loser_lead_id": "a", "survivor_lead_id": "b", "merged_at": 3},
            {"loser_lead_id": "b", "survivor_lead_id": "c", "merged_at": 3},
            {"loser_lead_id": "c", "survivor_lead_id": "b", "merged_at": 3},
        ),
        statuses=(_status(4, "mql", lead_id="c"),),
    ),
    Story(
        "merged into a deleted lead: the person went with it",
        "",
        {"a": {"created_at": 0}, "b": {"created_at": 0, "is_deleted": "true"}},
        merges=({"loser_lead_id": "a", "survivor_lead_id": "b", "merged_at": 3},),
        statuses=(_status(4, "mql"),),
    ),
    Story(
        "a circle of deleted leads is nobody",
        "",
        {
            "a": {"created_at": 0, "is_deleted": "true"},
            "b": {"created_at": 0, "is_deleted": "true"},
        },
        merges=(
            {"loser_lead_id": "a", "survivor_lead_id": "b", "merged_at": 3},
            {"loser_lead_id": "b", "survivor_lead_id": "a", "merged_at": 3},
        ),
    ),
    Story(
        "a test lead is nobody",
        "",
        {"a": {"created_at": 0, "is_test": "true"}},
        statuses=(_status(1, "mql"),),
    ),
    Story(
        "of two rows of one event the later one of the file holds",
        "1:lead@0 1:sql@2",
        {"a": {"created_at": 0}},
        statuses=(_status(1, "mql", event_id="same"), _status(2, "sql", event_id="same")),
    ),
    Story(
        "a lead that is rewritten after as_of is known as it is",
        "1:lead@0",
        {"a": {"created_at": 0, "updated_at": LATER, "channel": "social"}},
    ),
    Story(
        "the reason is that of the last side stage, even where it has none",
        "1:lead@0 1:disqualified@1 1:lost@2",
        {"a": {"created_at": 0}},
        statuses=(_status(1, "disqualified", reason="wrong fit"), _status(2, "lost")),
    ),
)


def story_system(number: int) -> str:
    """Each story has a source system of its own."""
    return f"story_{number:02d}"


def stories_as_rows(stories: Iterable[Story]) -> Rows:
    """The stories in the contract's shape."""
    rows: Rows = {}

    def add(table: str, system: str, id_column: str, told: Iterable[Mapping[str, Any]]) -> None:
        for number, row in enumerate(told):
            of_lead = {} if table == "lead_merges" else {"lead_id": "a"}
            rows.setdefault(table, []).append(
                {"source_system": system, id_column: f"x{number}", **of_lead, **_dated(row)}
            )

    for number, story in enumerate(stories):
        system = story_system(number)
        leads = [{"lead_id": lead, **row} for lead, row in story.leads.items()]
        deals = [{"stage": "Open", **row} for row in story.opportunities]
        paid = {"customer_id": "c", "amount": 1, "currency": "EUR"}
        add("leads", system, "lead_id", leads)
        add("lead_status_changes", system, "event_id", story.statuses)
        add("lead_merges", system, "event_id", story.merges)
        add("activities", system, "activity_id", story.actions)
        add("opportunities", system, "opportunity_id", deals)
        add("orders", system, "order_id", [{**paid, **row} for row in story.orders])
    return rows


def _dated(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: DAY_ZERO + timedelta(days=value) if name.endswith("_at") else value
        for name, value in row.items()
    }
