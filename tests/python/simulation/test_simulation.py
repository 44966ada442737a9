"""What is written: the contract's shape, the same bytes every time, batches, dirt."""

import hashlib
import json
from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from simulated import COMPANY, read

from orchestration.contract import PROJECT_DIR, contract_tables
from simulator import SimulationConfig, SimulationConfigError, simulate

SMALL = SimulationConfig(leads=600, months=7, seed=5, activities_per_lead=6, dirty_share=0.02)
# a company that knows its leads has nothing to count without ids, and no other tool grades them
NOT_SIMULATED = ("accounts", "lead_grades", "stage_counts")
CONTRACT = {name: table for name, table in contract_tables().items() if name not in NOT_SIMULATED}


def checksums(out: Path) -> dict[str, str]:
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_same_options_give_the_same_bytes(tmp_path: Path, file_format: str) -> None:
    config = SimulationConfig(leads=300, months=4, file_format=file_format)
    simulate(config, tmp_path / "once")
    simulate(config, tmp_path / "again")
    assert checksums(tmp_path / "once") == checksums(tmp_path / "again")


def test_another_seed_gives_another_company(tmp_path: Path) -> None:
    for seed in (1, 2):
        simulate(SimulationConfig(leads=300, months=4, seed=seed), tmp_path / str(seed))
    one, two = (checksums(tmp_path / str(seed)) for seed in (1, 2))
    assert one.keys() == two.keys()
    same = ("campaigns", "pipeline_stages", "reps", "targets")
    assert not [name for name in one if one[name] == two[name] and "conversions" not in name
                and not name.startswith(same)]  # fmt: skip


def test_more_leads_leave_the_first_block_as_it_was(tmp_path: Path) -> None:
    for leads in (20_000, 20_500):
        config = SimulationConfig(leads=leads, months=24, activities_per_lead=1)
        simulate(config, tmp_path / str(leads))
    fewer, more = (
        pq.read_table(tmp_path / str(leads) / "_truth" / "leads.parquet")
        for leads in (20_000, 20_500)
    )
    assert more.slice(0, len(fewer)).equals(fewer)


def test_csv_and_parquet_hold_the_same_rows(tmp_path: Path) -> None:
    for file_format in ("csv", "parquet"):
        config = SimulationConfig(leads=300, months=4, file_format=file_format)
        simulate(config, tmp_path / file_format)
    for table in CONTRACT:
        (path,) = (tmp_path / "parquet" / table).glob("*.parquet")
        rows = pq.read_table(path).to_pandas().astype(object)
        pd.testing.assert_frame_equal(
            rows.where(rows.notna(), None),
            read(tmp_path / "csv", table).astype(object).where(lambda csv: csv.notna(), None),
        )


def test_every_table_has_rows_in_the_columns_of_the_contract(company: Path) -> None:
    for name, table in CONTRACT.items():
        (path,) = company.glob(f"{table.files}.csv")
        assert path.name == f"{name}_{COMPANY.start}_{COMPANY.end}.csv"
        assert list(read(company, name)) == table.column_names
        assert len(read(company, name)) > 0


def test_truth_lies_where_no_glob_of_the_contract_reaches(company: Path) -> None:
    found = {path for table in CONTRACT.values() for path in company.glob(f"{table.files}*")}
    assert not [path for path in found if "_truth" in path.parts]
    assert not list(company.rglob("*.partial"))


def test_words_are_those_of_the_seeds(company: Path) -> None:
    known_statuses = pd.read_csv(PROJECT_DIR / "seeds" / "stage_map.csv").status
    words = read(company, "lead_status_changes").to_status.dropna().str.lower()
    assert set(words) - set(known_statuses) == {"zombie"}
    known_types = pd.read_csv(PROJECT_DIR / "seeds" / "activity_types.csv").activity_type
    assert set(read(company, "activities").activity_type) <= set(known_types)
    known_calendars = pd.read_csv(PROJECT_DIR / "seeds" / "business_calendars.csv").calendar_id
    assert set(read(company, "reps").calendar_id) <= set(known_calendars)


MUST_BE_READ = {("lead_merges", "merged_at")}
"""Columns that may be empty, and whose rows cannot pass with a text that nobody can read."""


def landed_dirt(rows: pd.DataFrame, table: str) -> Counter[str]:
    """Dirty rows by kind, found by the contract alone."""
    contract = CONTRACT[table]
    columns = {column.name: column for column in contract.columns}
    parsers = {
        "bigint": lambda text: pd.to_numeric(text, errors="coerce"),
        "double": lambda text: pd.to_numeric(text, errors="coerce"),
        "decimal(18, 2)": lambda text: pd.to_numeric(text, errors="coerce"),
        "date": lambda text: pd.to_datetime(text, errors="coerce", format="%Y-%m-%d"),
        "timestamp": lambda text: pd.to_datetime(text, errors="coerce", format="ISO8601", utc=True),
        "boolean": lambda text: text.where(text.isin(["true", "false"])),
        "string": lambda text: text,
    }
    found: Counter[str] = Counter()
    typed = {name: parsers[column.data_type](rows[name]) for name, column in columns.items()}
    for name, column in columns.items():
        unreadable = int((rows[name].notna() & typed[name].isna()).sum())
        if column.is_required or (table, name) in MUST_BE_READ:
            is_time = column.data_type in ("date", "timestamp")
            found["bad_time" if is_time else "not_a_number"] += unreadable
        else:
            found["unparseable_optional"] += unreadable
        if column.is_required:
            kind = "missing_key" if name in contract.key else "missing_required"
            found[kind] += int(rows[name].isna().sum())
        if column.accepted_values:
            words = rows[name].dropna()
            found["unknown_enum"] += int((~words.isin(column.accepted_values)).sum())
    for first, last in (
        ("created_at", "closed_at"), ("started_at", "ended_at"), ("start_date", "end_date"),
        ("period_start", "period_end"),
    ):  # fmt: skip
        if first in typed and last in typed:
            found["impossible_time"] += int((typed[last] < typed[first]).sum())
    found["duplicate_key"] += int(rows.duplicated().sum())
    if table == "lead_status_changes":
        found["unmapped_status"] += int((rows.to_status == "Zombie").sum())
    return +found


def test_truth_counts_the_dirt_exactly(company: Path) -> None:
    counted = json.loads((company / "_truth" / "truth.json").read_text())["dirty_rows"]
    (path,) = (company / "_truth").glob("written_*.json")
    assert json.loads(path.read_text())["dirty_rows"] == counted
    for table in CONTRACT:
        assert landed_dirt(read(company, table), table) == counted[table], table


def test_no_dirt_when_none_is_asked_for(tmp_path: Path) -> None:
    simulate(SimulationConfig(leads=600, months=7, dirty_share=0), tmp_path)
    assert not [name for name in CONTRACT if landed_dirt(read(tmp_path, name), name)]


def final_facts(out: Path, table: str) -> pd.DataFrame:
    """The last version of each record, without dirt that has a key of its own; by key."""
    rows = read(out, table)
    key = list(CONTRACT[table].key)
    rows = rows[~rows[key].apply(lambda column: column.str.startswith("x-").eq(True)).any(axis=1)]
    rows = rows.dropna(subset=[name for name in key if name in CONTRACT[table].required_columns])
    if "updated_at" in rows:
        rows = rows.sort_values("updated_at", kind="stable")
    return rows.drop_duplicates(key, keep="last").sort_values(key).reset_index(drop=True)


def test_batches_land_the_facts_of_one_full_run(tmp_path: Path) -> None:
    simulate(SMALL, tmp_path / "full")
    days = (None, date(2024, 3, 10), date(2024, 5, 1), None)
    written: Counter[tuple[str, str]] = Counter()
    for first, last in pairwise(days):
        batch = SimulationConfig(**{**SMALL.__dict__, "from_": first, "until": last})
        dirty = simulate(batch, tmp_path / "batches").dirty_rows
        written.update({(t, kind): n for t, kinds in dirty.items() for kind, n in kinds.items()})
    for table in CONTRACT:
        full = final_facts(tmp_path / "full", table)
        pd.testing.assert_frame_equal(full, final_facts(tmp_path / "batches", table))
    truth = json.loads((tmp_path / "full" / "_truth" / "truth.json").read_text())["dirty_rows"]
    for table, kinds in truth.items():
        for kind, count in kinds.items():
            # a record that is written again in a later batch is dirty again
            may_repeat = kind == "unparseable_optional"
            assert written[table, kind] == count or (may_repeat and written[table, kind] > count)


def test_a_batch_knows_nothing_of_what_comes_after_it(tmp_path: Path) -> None:
    until = date(2024, 4, 1)
    simulate(SimulationConfig(**{**SMALL.__dict__, "dirty_share": 0, "until": until}), tmp_path)
    for table, contract in CONTRACT.items():
        if table in ("campaigns", "targets"):  # planned ahead
            continue
        for column in contract.columns:
            if column.data_type == "timestamp":
                moments = pd.to_datetime(
                    read(tmp_path, table)[column.name], format="ISO8601", utc=True
                )
                assert moments.dropna().lt(pd.Timestamp(until, tz="UTC")).all(), column.name


def test_rows_arrive_late_in_a_later_batch(tmp_path: Path) -> None:
    first_day = date(2024, 5, 1)
    config = SimulationConfig(leads=5_000, months=5, from_=first_day, dirty_share=0)
    simulate(config, tmp_path)
    moments = pd.to_datetime(read(tmp_path, "activities").occurred_at, format="ISO8601", utc=True)
    late = (moments < pd.Timestamp(first_day, tz="UTC")).sum()
    assert 0 < late < 0.05 * len(moments)


def test_files_are_written_block_by_block(tmp_path: Path) -> None:
    config = SimulationConfig(leads=20_001, activities_per_lead=0, file_format="parquet")
    done: list[int] = []
    simulate(config, tmp_path, progress=lambda count, _: done.append(count))
    assert done == [20_000, 20_001]
    (path,) = (tmp_path / "leads").glob("*.parquet")
    assert pq.ParquetFile(path).metadata.num_row_groups >= 2


def test_a_run_that_fails_leaves_no_file_to_load(tmp_path: Path) -> None:
    def stop(_done: int, _asked: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(SMALL, tmp_path, progress=stop)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_folder_takes_one_company_only(tmp_path: Path) -> None:
    simulate(SMALL, tmp_path)
    with pytest.raises(SimulationConfigError, match="other options: seed"):
        simulate(SimulationConfig(**{**SMALL.__dict__, "seed": 6}), tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"leads": 0}, "leads is 0"),
        ({"months": 0}, "months is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"activities_per_lead": -1}, "activities per lead"),
        ({"dirty_share": 0.9}, "dirty share"),
        ({"file_format": "xlsx"}, "file format is 'xlsx'"),
        ({"until": date(2023, 1, 1)}, "is not a period within"),
        ({"from_": date(2024, 6, 1), "until": date(2024, 6, 1)}, "is not a period within"),
    ],
)
def test_wrong_options_are_told(options: dict[str, object], message: str) -> None:
    with pytest.raises(SimulationConfigError, match=message):
        SimulationConfig(**options)  # type: ignore[arg-type]


def test_the_end_is_the_same_day_of_a_later_month() -> None:
    assert SimulationConfig().end == date(2025, 7, 1)
    assert SimulationConfig(start=date(2024, 1, 31), months=1).end == date(2024, 2, 29)
    assert SimulationConfig(start=date(2023, 11, 15), months=13).end == date(2024, 12, 15)


@pytest.mark.parametrize("leads", [1, 2, 35])
def test_a_tiny_company_works(tmp_path: Path, leads: int) -> None:
    simulate(SimulationConfig(leads=leads, months=1, start=date(2024, 3, 31)), tmp_path)
    assert read(tmp_path, "leads").lead_id.nunique() >= leads
