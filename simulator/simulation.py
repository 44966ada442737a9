"""The run: block by block to the landing folder, the truth beside it."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from orchestration.contract import PROJECT_DIR
from simulator import model, truth
from simulator.activities import activity_rows, anonymous_rows, draw_activities
from simulator.block import Block, Setting, blocks
from simulator.clocks import DAY, NEVER, Ints, Stream
from simulator.company import (
    campaign_rows,
    cost_rows,
    rep_rows,
    target_rows,
    traffic_rows,
)
from simulator.config import SimulationConfig, SimulationConfigError
from simulator.deals import (
    bant_rows,
    contact_rows,
    draw_deal_stages,
    draw_deals,
    draw_orders,
    draw_parallel_deals,
    opportunity_rows,
    order_rows,
    parallel_status_rows,
    pipeline_rows,
    stage_change_rows,
    subscription_rows,
    truth_deal_rows,
)
from simulator.dirt import DIRT, QUARANTINED
from simulator.landing import Landing, TableFile
from simulator.leads import lead_rows, merge_rows
from simulator.statuses import draw_statuses, status_rows

TRUTH_FOLDER = "_truth"


@dataclass(frozen=True)
class SimulationSummary:
    """Files and rows that a run wrote."""

    files: tuple[Path, ...]
    rows: Mapping[str, int]
    """Rows written, by table, dirty ones included."""
    dirty_rows: Mapping[str, Mapping[str, int]]
    """Dirty rows written, by table and kind."""
    truth: Path


def simulate(
    config: SimulationConfig, out: Path, progress: Callable[[int, int], None] | None = None
) -> SimulationSummary:
    """Write a simulated company to the landing folder `out`, and its truth to `out/_truth`.

    `progress` is called with the leads done and the leads asked for. Files appear under their names
    when the run is complete; a file of the same table and period is replaced.

    Raises:
        SimulationConfigError: `out` holds a company of other options.
    """
    truth_file = out / TRUTH_FOLDER / "truth.json"
    _check_same_company(config, truth_file)
    setting = Setting.of(config, PROJECT_DIR / "seeds")
    counts: Counter[str] = Counter()
    days = -(-(setting.window.end - setting.window.start) // DAY)
    leads_of_day = np.zeros((days, len(model.CHANNELS)), dtype=np.int64)
    truth_leads = TableFile(truth_file.with_name("leads.parquet"))
    truth_deals = TableFile(truth_file.with_name("deals.parquet"))
    with Landing(out, config) as landing, truth_leads, truth_deals:
        landing.write(rep_rows(setting.reps, setting.window))
        landing.write(campaign_rows(setting.campaigns, setting.window))
        landing.write(target_rows(config))
        landing.write(pipeline_rows())
        for block in blocks(setting):
            truth_deals.write(_write_block(landing, block))
            truth_leads.write(_truth_rows(block))
            counts.update(_counts(block))
            leads_of_day += _leads_of_day(block, days)
            if progress:
                progress(counts["leads"], config.leads)
        landing.write(cost_rows(config, setting.window, setting.campaigns))
        landing.write(traffic_rows(config, setting.window, leads_of_day))
    rows = {name: file.row_count for name, file in landing.files.items()}
    summary = SimulationSummary(
        files=tuple(file.path for file in landing.files.values() if file.row_count),
        rows=rows,
        dirty_rows=landing.dirty_written,
        truth=truth_file,
    )
    _write_truth(config, truth_file, counts, landing)
    written = {"rows": rows, "dirty_rows": _of_all_tables(landing.dirty_written)}
    _write_json(truth_file.with_name(f"written_{config.first_day}_{config.last_day}.json"), written)
    return summary


def _write_block(landing: Landing, block: Block) -> pa.Table:
    """Write the rows of a block; returns the truth of its deals."""
    rng = block.rng(Stream.STATUSES)
    statuses = draw_statuses(rng, block)
    for versions in lead_rows(block.rng(Stream.LEADS), block, statuses):
        landing.write(versions)
    landing.write(status_rows(rng, block, statuses))
    landing.write(merge_rows(block))
    rng = block.rng(Stream.DEALS)
    stages_rng = block.rng(Stream.DEAL_STAGES)
    deals = draw_deals(rng, block)
    if block.setting.config.parallel_deals:
        deals = draw_parallel_deals(stages_rng, block, deals)
    stages = draw_deal_stages(rng, stages_rng, deals)
    for versions in opportunity_rows(rng, block, deals, stages):
        landing.write(versions)
    landing.write(stage_change_rows(block, deals, stages))
    landing.write(contact_rows(stages_rng, block, deals))
    landing.write(parallel_status_rows(stages_rng, block, deals))
    orders = draw_orders(rng, block, deals)
    landing.write(order_rows(rng, block, deals, orders))
    landing.write(subscription_rows(rng, block, deals, orders))
    landing.write(bant_rows(rng, block))
    rng = block.rng(Stream.ACTIVITIES)
    landing.write(activity_rows(rng, block, draw_activities(rng, block)))
    landing.write(anonymous_rows(rng, block))
    return truth_deal_rows(deals, stages)


def _check_same_company(config: SimulationConfig, truth_file: Path) -> None:
    if not truth_file.is_file():
        return
    there = json.loads(truth_file.read_text(encoding="utf-8"))["config"]
    usual = SimulationConfig().company
    other = sorted(
        name for name, value in config.company.items() if there.get(name, usual[name]) != value
    )
    if other:
        raise SimulationConfigError(
            f"{truth_file.parent.parent} holds a simulated company of other options: "
            f"{', '.join(other)}. Give another folder, or delete this one."
        )


def _leads_of_day(block: Block, days: int) -> Ints:
    records = block.records
    day = (records.created_at - block.setting.window.start) // DAY
    cell = day * len(model.CHANNELS) + block.persons.channel[records.person]
    return np.bincount(cell, minlength=days * len(model.CHANNELS)).reshape(days, -1)


def _counts(block: Block) -> dict[str, int]:
    """Number of each kind; persons_counted = neither test nor deleted."""
    records, persons = block.records, len(block.persons)
    is_person = records.duplicate == 0
    is_deleted = (records.deleted_at < NEVER) & (records.merged_at == NEVER)
    return {
        "leads": len(records),
        "persons": persons,
        "persons_counted": persons - int((records.is_test | is_deleted)[is_person].sum()),
        "test_leads": int(records.is_test.sum()),
        "deleted_leads": int(is_deleted.sum()),
        "merged_away_leads": int((records.merged_at < NEVER).sum()),
        "same_email_leads": int((records.duplicate == 1).sum()),
        "reversed_merges": len(records.mistaken_merges),
        "persons_without_email": int((~block.persons.has_email).sum()),
    }


def _truth_rows(block: Block) -> pa.Table:
    """One row per person and cycle, however late it begins."""
    records, persons, journeys = block.records, block.persons, block.journeys
    entered = journeys.entered_at
    person, cycle = np.nonzero(entered.min(axis=2) < NEVER)
    by_person = np.argsort(records.person, kind="stable")
    starts = np.searchsorted(records.person[by_person], np.arange(len(persons) + 1))
    all_ids = pa.ListArray.from_arrays(starts, _ids(block, by_person))
    survivors = records.survivors()
    first_of = survivors[person]

    def moments(values: Ints) -> pa.Array:
        return pa.array(values, mask=values >= NEVER).cast(pa.timestamp("s", "UTC"))

    def codes(values: Ints, keys: list[str]) -> pa.Array:
        return pa.array(keys).take(pa.array(values))

    return pa.table(
        {
            "person_lead_id": _ids(block, first_of),
            "lead_ids": all_ids.take(pa.array(person)),
            "channel": codes(persons.channel[person], [c.key for c in model.CHANNELS]),
            "persona": codes(persons.persona[person], [p.key for p in model.PERSONAS]),
            "fit": codes(persons.fit[person], list(model.FITS)),
            "country": codes(persons.country[person], [c.key for c in model.COUNTRIES]),
            "team": codes(persons.team[person], [t.key for t in model.TEAMS]),
            "cycle": cycle + 1,
            **{
                f"{stage}_at": moments(entered[person, cycle, number])
                for number, stage in enumerate(model.STAGES)
            },
            "exit": codes(journeys.exit[person, cycle] - model.RECYCLED, list(model.EXITS)),
            "exited_at": moments(journeys.exited_at[person, cycle]),
            "regressed_at": moments(journeys.regressed_at[person, cycle]),
            "is_mql_by_rule": journeys.is_mql_by_rule[person, cycle],
            "is_mql_in_crm": journeys.is_mql_in_crm[person, cycle],
            "contacted_at": moments(journeys.contacted_at[person, cycle]),
            "customer_probability": truth.customer_probability()[persons.cell[person]],
            "fit_points": persons.fit_points[person],
            "is_test": records.is_test[person],
            "is_deleted": (records.deleted_at < NEVER)[first_of],
            "has_duplicates": np.diff(starts)[person] > 1,
        }
    )


def _ids(block: Block, records: Ints) -> pa.Array:
    return pa.array([f"L{number:09d}" for number in block.records.first_number + records])


def _of_all_tables(dirty: Mapping[str, Counter[str]]) -> dict[str, Mapping[str, int]]:
    """Dirty rows by table and kind, with the tables that have none."""
    return {name: dirty.get(name, Counter()) for name in DIRT}


def _write_truth(
    config: SimulationConfig, path: Path, counts: Counter[str], landing: Landing
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pa.parquet.write_table(
        pa.Table.from_pylist(list(truth.conversions())), path.with_name("conversions.parquet")
    )
    _write_json(
        path,
        {
            "config": config.company,
            "end": config.end.isoformat(),
            "counts": dict(counts),
            "dirty_rows": _of_all_tables(landing.dirty),
            "quarantined_kinds": sorted(QUARANTINED),
            "horizons_days": truth.HORIZONS,
            "conversions": truth.headline(),
            "hazards": truth.hazards(),
            "reentry": {
                "probability": {model.STATES[side]: share for side, share in model.REENTRY.items()},
                "starts_at": {
                    model.STAGES[stage]: share for stage, share in model.REENTRY_STAGES.items()
                },
                "delay": {
                    "distribution": "gamma",
                    "shape": model.REENTRY_SHAPE,
                    "mean_days": model.REENTRY_MEAN_DAYS,
                },
                "max_cycles": model.MAX_CYCLES,
            },
            "first_contact": truth.contact(),
            "seasonality": {
                "month_factors": model.MONTH_FACTORS,
                "weekday_factors": model.WEEKDAY_FACTORS,
                "hour_factors": model.HOUR_FACTORS,
            },
            "visitor_to_lead": {
                c.key: c.visitor_to_lead for c in model.CHANNELS if c.visitor_to_lead
            },
            "monthly_churn_hazard": {p.key: p.churn for p in model.PERSONAS},
            "shares": {
                "channel": {c.key: c.share for c in model.CHANNELS},
                "persona": {p.key: p.share for p in model.PERSONAS},
                "fit": dict(zip(model.FITS, model.FIT_SHARES, strict=True)),
            },
        },
    )


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
