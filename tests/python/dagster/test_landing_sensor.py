"""A burst of landed files is one run; no file asks for a second one."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from orchestration.ingestion.arrivals import Sighting, arrival

NOW = 1_000_000.0


def sighting(name: str, mark: str = "1-1", seconds_ago: float = 100) -> Sighting:
    return Sighting(name, mark, NOW - seconds_ago)


def look(before: dict[str, str], *found: Sighting) -> tuple[tuple[str, ...], bool]:
    seen = arrival(before, found, now=NOW, settle_seconds=60)
    return seen.new, seen.is_settled


@pytest.mark.parametrize(
    ("before", "found", "expected"),
    [
        pytest.param({}, [], ((), True), id="nothing"),
        pytest.param({}, [sighting("a")], (("a",), True), id="first file"),
        pytest.param({"a": "1-1"}, [sighting("a")], ((), True), id="known file"),
        pytest.param({"a": "1-1"}, [sighting("a", "2-1")], (("a",), True), id="rewritten"),
        pytest.param({"a": "1-1"}, [], ((), True), id="taken away"),
        pytest.param({}, [sighting("a", seconds_ago=59)], (("a",), False), id="too young"),
        pytest.param(
            {}, [sighting("b"), sighting("a", seconds_ago=1)], (("a", "b"), False), id="one waits"
        ),
        pytest.param(
            {"a": "1-1"}, [sighting("a", seconds_ago=1)], ((), True), id="known and touched"
        ),
    ],
)
def test_what_is_new(
    before: dict[str, str], found: list[Sighting], expected: tuple[tuple[str, ...], bool]
) -> None:
    assert look(before, *found) == expected


def test_the_same_files_in_the_same_state_have_the_same_run_key() -> None:
    def key(*found: Sighting) -> str:
        return arrival({}, found, now=NOW, settle_seconds=60).run_key

    assert key(sighting("a"), sighting("b")) == key(sighting("b"), sighting("a"))
    assert key(sighting("a")) != key(sighting("a", "2-1"))
    assert key(sighting("a")) != key(sighting("a"), sighting("b"))


@pytest.fixture
def landing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "landing"
    (folder / "leads").mkdir(parents=True)
    monkeypatch.setenv("FUNNEL_LANDING", str(folder))
    monkeypatch.setenv("FUNNEL_SETTLE_SECONDS", "0.2")
    return folder


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as made:
        yield made


def tick(
    code_location: dg.Definitions, instance: dg.DagsterInstance, cursor: str | None
) -> tuple[list[dg.RunRequest], str | None]:
    sensor = code_location.get_repository_def().get_sensor_def("new_files")
    with dg.build_sensor_context(instance=instance, cursor=cursor) as context:
        evaluated = sensor.evaluate_tick(context)
    return list(evaluated.run_requests or []), evaluated.cursor


def test_a_burst_is_one_run_and_no_file_comes_twice(
    code_location: dg.Definitions, instance: dg.DagsterInstance, landing: Path
) -> None:
    assert tick(code_location, instance, None)[0] == []
    for name in ("a.csv", "b.csv", "c.csv", ".hidden.csv"):
        (landing / "leads" / name).write_text("lead_id,created_at\n", encoding="utf-8")
    requests, cursor = tick(code_location, instance, None)
    assert requests == [], "files that have only just come are left to settle"

    time.sleep(0.3)
    [request], cursor = tick(code_location, instance, cursor)
    assert json.loads(cursor or "").keys() == {"leads/a.csv", "leads/b.csv", "leads/c.csv"}
    assert tick(code_location, instance, cursor)[0] == []

    (landing / "leads" / "d.csv").write_text("lead_id,created_at\n", encoding="utf-8")
    os.utime(landing / "leads" / "d.csv", (0, 0))  # a copy that keeps its old date
    assert tick(code_location, instance, cursor)[0] == []
    time.sleep(0.3)
    [later], cursor = tick(code_location, instance, cursor)
    assert later.run_key != request.run_key


def test_a_tick_that_is_lost_asks_for_the_same_run(
    code_location: dg.Definitions, instance: dg.DagsterInstance, landing: Path
) -> None:
    (landing / "leads" / "a.csv").write_text("lead_id,created_at\n", encoding="utf-8")
    time.sleep(0.3)
    [first], _ = tick(code_location, instance, None)
    [again], _ = tick(code_location, instance, None)
    assert first.run_key == again.run_key
