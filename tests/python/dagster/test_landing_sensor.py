"""A burst of landed files is one run; no file asks for a second one."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import dagster as dg
import pytest

from orchestration.defs.landing.sensor import ATTEMPTS, remembered
from orchestration.defs.schedules.jobs import WRITES
from orchestration.ingestion.arrivals import Arrival, Sighting, arrival

NOW = 1_000_000.0


def sighting(name: str, mark: str = "1-1", seconds_ago: float = 100) -> Sighting:
    return Sighting(name, mark, NOW - seconds_ago)


def look(before: dict[str, str], *found: Sighting) -> tuple[tuple[str, ...], bool]:
    seen = arrival(before, found, now=NOW, settle_seconds=60)
    return seen.new, seen.is_settled


def test_a_file_from_the_future_counts_from_when_it_was_first_seen() -> None:
    def later(seconds: float, waiting: Mapping[str, tuple[str, float]], mark: str) -> Arrival:
        file = sighting("a", mark, seconds_ago=-3_000_000)
        now = NOW + seconds
        return arrival({}, [file], now=now, settle_seconds=60, from_the_future=waiting)

    first = later(0, {}, "1-1")
    assert (first.is_settled, first.from_the_future) == (False, {"a": ("1-1", NOW)})
    assert not later(59, first.from_the_future, "1-1").is_settled
    assert later(60, first.from_the_future, "1-1").is_settled
    grown = later(60, first.from_the_future, "2-1")
    assert (grown.is_settled, grown.from_the_future) == (False, {"a": ("2-1", NOW + 60)})


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


def note_run(
    instance: dg.DagsterInstance,
    request: dg.RunRequest,
    status: dg.DagsterRunStatus,
    retry_of: str | None = None,
) -> None:
    """Write down a run as Dagster makes it of the sensor's request."""
    tags = {**WRITES, "dagster/run_key": request.run_key or ""}
    run = dg.DagsterRun(
        "build", status=status, tags=tags, root_run_id=retry_of, parent_run_id=retry_of
    )
    instance.add_run(run)


def built(cursor: str | None) -> set[str]:
    return set(json.loads(cursor or "")["built"])


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
    assert tick(code_location, instance, cursor)[0] == []
    note_run(instance, request, dg.DagsterRunStatus.SUCCESS)
    requests, cursor = tick(code_location, instance, cursor)
    assert requests == []
    assert built(cursor) == {"leads/a.csv", "leads/b.csv", "leads/c.csv"}

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


@pytest.fixture
def landed(landing: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that has settled; a failed build is asked for again after half a second."""
    monkeypatch.setenv("FUNNEL_SETTLE_SECONDS", "0")
    monkeypatch.setenv("FUNNEL_RETRY_SECONDS", "0.5")
    (landing / "leads" / "a.csv").write_text("lead_id,created_at\n", encoding="utf-8")
    return landing


@pytest.mark.usefixtures("landed")
@pytest.mark.parametrize("status", [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED])
def test_files_of_a_run_that_did_not_end_well_are_asked_for_again(
    code_location: dg.Definitions, instance: dg.DagsterInstance, status: dg.DagsterRunStatus
) -> None:
    [first], cursor = tick(code_location, instance, None)
    note_run(instance, first, status)
    requests, cursor = tick(code_location, instance, cursor)
    assert (requests, built(cursor)) == ([], set())
    time.sleep(0.6)
    [second], cursor = tick(code_location, instance, cursor)
    assert second.run_key != first.run_key
    note_run(instance, second, dg.DagsterRunStatus.SUCCESS)
    requests, cursor = tick(code_location, instance, cursor)
    assert (requests, built(cursor)) == ([], {"leads/a.csv"})


def test_a_retry_of_the_killed_run_is_waited_for(
    code_location: dg.Definitions, instance: dg.DagsterInstance, landed: Path
) -> None:
    [request], cursor = tick(code_location, instance, None)
    note_run(instance, request, dg.DagsterRunStatus.FAILURE)
    _, cursor = tick(code_location, instance, cursor)
    note_run(instance, request, dg.DagsterRunStatus.STARTED, "killed")
    time.sleep(0.6)
    (landed / "leads" / "b.csv").write_text("lead_id,created_at\n", encoding="utf-8")
    requests, cursor = tick(code_location, instance, cursor)
    assert requests == []
    note_run(instance, request, dg.DagsterRunStatus.SUCCESS, "killed")
    [later], cursor = tick(code_location, instance, cursor)
    assert built(cursor) == {"leads/a.csv"}
    assert later.tags["funnel/new_files"] == "1"


@pytest.mark.usefixtures("landed")
def test_a_retry_of_an_earlier_run_does_not_count(
    code_location: dg.Definitions, instance: dg.DagsterInstance
) -> None:
    _, cursor = tick(code_location, instance, None)
    note_run(instance, dg.RunRequest("earlier"), dg.DagsterRunStatus.SUCCESS, "earlier")
    assert built(tick(code_location, instance, cursor)[1]) == set()


def test_data_that_stops_every_build_does_not_make_builds_for_ever(
    code_location: dg.Definitions,
    instance: dg.DagsterInstance,
    landed: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FUNNEL_RETRY_SECONDS", "0")
    cursor, asked = None, []
    for _ in range(4 * ATTEMPTS):
        requests, cursor = tick(code_location, instance, cursor)
        for request in requests:
            note_run(instance, request, dg.DagsterRunStatus.FAILURE)
        asked += [request.run_key for request in requests]
    assert len(asked) == len(set(asked)) == ATTEMPTS

    (landed / "leads" / "a.csv").write_text("lead_id,created_at\nL1,\n", encoding="utf-8")
    assert len(tick(code_location, instance, cursor)[0]) == 1, "a change starts another one"


def test_a_file_from_the_future_does_not_hold_the_sensor_up(
    code_location: dg.Definitions, instance: dg.DagsterInstance, landing: Path
) -> None:
    (landing / "leads" / "a.csv").write_text("lead_id,created_at\n", encoding="utf-8")
    os.utime(landing / "leads" / "a.csv", (4e9, 4e9))
    requests, cursor = tick(code_location, instance, None)
    assert requests == []
    time.sleep(0.3)
    assert len(tick(code_location, instance, cursor)[0]) == 1


def test_a_cursor_of_an_earlier_version_is_understood() -> None:
    assert remembered('{"leads/a.csv": "1-1"}').built == {"leads/a.csv": "1-1"}
    assert remembered(None).built == {}


def test_what_a_build_pulls_by_itself_starts_no_build(
    code_location: dg.Definitions,
    instance: dg.DagsterInstance,
    landing: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FUNNEL_LANDING", landing.as_uri())
    monkeypatch.setenv("FUNNEL_WAREHOUSE", str(tmp_path / "warehouse"))
    pulled = tmp_path / "warehouse" / "landing" / "leads"
    pulled.mkdir(parents=True)
    (pulled / "a.csv").write_text("lead_id,created_at\n", encoding="utf-8")
    time.sleep(0.3)
    assert tick(code_location, instance, None)[0] == []
