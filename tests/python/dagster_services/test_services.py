"""The services together: a due schedule, a queue, processes that die, who hears of a failure.

One installation lives through one day; the tests are its hours, in this order. The pictures of
docs/images/dagster-*.png come from here: FUNNEL_PICTURES=docs/images pytest ...
"""

import json
import os
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
from dagster._core.definitions.freshness import FreshnessState, FreshnessStateRecord
from dagster._core.loader import LoadingContextForTest
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    ScheduleInstigatorData,
)
from dagster._utils.schedules import reverse_cron_string_iterator
from playwright.sync_api import Browser, Page, expect, sync_playwright
from support.dagster_installation import LAUNCH, LOCATION, Services, answers, installed, wait_for
from support.postgres_server import PASSWORD, PostgresServer
from typer.testing import CliRunner

from orchestration import cli
from orchestration.releases import current_release_id
from orchestration.settings import project_time_zone
from orchestration.warehouse.paths import Warehouse
from simulator import SimulationConfig, simulate

CHROMIUM = shutil.which("chromium")
LAYERS = ("landing", "raw", "staging", "reference", "intermediate", "marts", "release")

expect.set_options(timeout=60_000)


class Inbox:
    """A webhook on loopback that keeps what it is sent."""

    def __init__(self) -> None:
        self.messages = messages = list[str]()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                messages.append(json.loads(body)["text"])
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    inbox = Inbox()
    threading.Thread(target=inbox.server.serve_forever, daemon=True).start()
    yield inbox
    inbox.server.shutdown()
    inbox.server.server_close()


@pytest.fixture(scope="module")
def services(
    postgres_server: PostgresServer, inbox: Inbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Services]:
    """An installation that a small company's files have reached; no daemon runs yet."""
    landing = tmp_path_factory.mktemp("company") / "landing"
    simulate(SimulationConfig(leads=200), landing)
    with installed(
        postgres_server.new_database(),
        FUNNEL_LANDING=str(landing),
        FUNNEL_ENVIRONMENT="development",  # the tests say what is on
        FUNNEL_ALERT_WEBHOOK=inbox.url,
        FUNNEL_DAGSTER_URL="https://funnel.example.com",
    ) as services:
        services.start("code", "webserver")
        services.wait_until("code location")
        yield services


@pytest.fixture(scope="module")
def instance(services: Services) -> Iterator[dg.DagsterInstance]:
    """Dagster's storage, as the services have it."""
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in services.environment.items():
            patch.setenv(variable, value)
        with dg.DagsterInstance.from_config(services.environment["DAGSTER_HOME"]) as instance:
            yield instance


@pytest.fixture
def warehouse(services: Services) -> Warehouse:
    return Warehouse(Path(services.environment["FUNNEL_WAREHOUSE"]))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no browser; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                *(["--no-sandbox"] if os.geteuid() == 0 else []),
                # Debian's Chromium asks nobody outside, and Dagster's pages may not either.
                "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, services: Services) -> Iterator[Page]:
    """A page in which no script fails."""
    page = browser.new_page(
        base_url=services.url, viewport={"width": 1300, "height": 800}, timezone_id="UTC"
    )
    page.set_default_timeout(60_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.close()
    assert errors == []


SWITCH_ON = """
mutation($schedule: ScheduleSelector!, $sensor: SensorSelector!) {
  startSchedule(scheduleSelector: $schedule) { __typename }
  startSensor(sensorSelector: $sensor) { __typename }
}
"""
CHECK_NAME = "row_checks_dim_persons"
CHECK = {"assetKey": {"path": ["core", "dim_persons"]}, "name": CHECK_NAME}
TWICE = "select person_key from core.dim_persons group by 1 having count(*) > 1"
RUN_SECONDS = 400
"""Longer than a run of the small company takes on a machine that is busy with other tests."""


def status(instance: dg.DagsterInstance, run_id: str) -> str:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status.value


def wait_for_end(instance: dg.DagsterInstance, run_id: str) -> str:
    """The status with which a run ends."""

    def ended() -> bool:
        run = instance.get_run_by_id(run_id)
        return run is not None and run.is_finished

    wait_for(f"the end of run {run_id}", ended, RUN_SECONDS)
    return status(instance, run_id)


def steps(instance: dg.DagsterInstance, run_id: str) -> set[str | None]:
    """The steps that a run has started."""
    started = instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_START)
    return {entry.step_key for entry in started}


def state_of(instance: dg.DagsterInstance, name: str) -> InstigatorState:
    [state] = [held for held in instance.all_instigator_state() if held.instigator_name == name]
    return state


def fall_due_unnoticed(instance: dg.DagsterInstance, schedule: str) -> None:
    """Date the schedule's start back to just before its last tick, which no daemon saw."""
    state = state_of(instance, schedule)
    data = state.instigator_data
    assert isinstance(data, ScheduleInstigatorData)
    now, zone = datetime.now(UTC).timestamp(), project_time_zone()
    ticks = reverse_cron_string_iterator(now, str(data.cron_schedule), zone)
    since = data._replace(start_timestamp=next(ticks).timestamp() - 1)
    instance.update_instigator_state(state.with_data(since))


def test_a_schedule_that_fell_due_without_a_daemon_starts_one_run(
    services: Services, instance: dg.DagsterInstance
) -> None:
    services.ask(
        SWITCH_ON,
        schedule={**LOCATION, "scheduleName": "hourly_build"},
        sensor={**LOCATION, "sensorName": "alert_on_failure"},
    )
    fall_due_unnoticed(instance, "hourly_build")

    services.start("daemon")
    [run] = wait_for("a scheduled run", instance.get_runs, seconds=120)

    assert (run.job_name, run.tags["dagster/schedule_name"]) == ("build", "hourly_build")
    state = state_of(instance, "hourly_build")
    instance.update_instigator_state(state.with_status(InstigatorStatus.STOPPED))


def test_a_run_outlives_its_daemon_and_is_resumed_when_its_process_died(
    services: Services, instance: dg.DagsterInstance, warehouse: Warehouse, inbox: Inbox
) -> None:
    [first] = instance.get_runs()
    wait_for("the models", lambda: "dbt" in steps(instance, first.run_id), RUN_SECONDS)

    services.kill("daemon", "webserver")
    services.start("daemon", "webserver")
    services.wait_until("daemon")
    assert status(instance, first.run_id) == "STARTED"

    services.kill("code")
    services.start("code")
    assert wait_for_end(instance, first.run_id) == "FAILURE"
    services.wait_until("code location")
    [second] = wait_for(
        "the retry",
        lambda: [run for run in instance.get_runs() if run.parent_run_id],
        RUN_SECONDS,
    )
    wait_for("its start", lambda: status(instance, second.run_id) == "STARTED", RUN_SECONDS)
    waiting = services.launch(assetSelection=[{"path": ["reference", "stages"]}])

    assert wait_for_end(instance, second.run_id) == "SUCCESS"
    assert wait_for_end(instance, waiting) == "SUCCESS"
    assert "load_files" in steps(instance, first.run_id) - steps(instance, second.run_id)
    ended, started = (instance.get_run_stats(run) for run in (second.run_id, waiting))
    assert started.start_time >= ended.end_time
    assert current_release_id(warehouse) is not None
    assert inbox.messages == []


def test_daemon_judges_the_deadlines(instance: dg.DagsterInstance) -> None:
    def state() -> FreshnessState | None:
        context = LoadingContextForTest(instance)
        record = FreshnessStateRecord.blocking_get(context, dg.AssetKey("release"))
        return record.freshness_state if record else None

    wait_for("the deadline of the release", lambda: state() == FreshnessState.PASS, seconds=120)


def take(page: Page, picture: Path) -> None:
    page.wait_for_timeout(1000)  # the end of an animation
    page.screenshot(path=picture)
    assert picture.stat().st_size > 20_000, "the page is blank"


def test_a_click_builds_a_model_and_the_run_ends_green(page: Page, pictures: Path) -> None:
    page.goto("/assets/core/dim_stages")
    page.locator("button", has_text="Materialize").first.click()
    page.get_by_role("link", name="View", exact=True).click()
    expect(page.get_by_text("Success", exact=True)).to_be_visible(timeout=1000 * RUN_SECONDS)
    expect(page.get_by_text("Succeeded (1)")).to_be_visible()
    take(page, pictures / "dagster-run.png")

    page.goto("/assets/core/dim_stages?view=checks")
    expect(page.get_by_text("Passed").first).to_be_visible()


def test_a_failed_run_is_told_once_with_its_cause_and_a_link(
    services: Services, instance: dg.DagsterInstance, warehouse: Warehouse, inbox: Inbox
) -> None:
    with duckdb.connect(str(warehouse.work_database)) as connection:
        connection.execute("insert into core.dim_persons from core.dim_persons limit 1")
        [key] = connection.execute(TWICE).fetchone() or ()

    run_id = services.launch(assetSelection=[], assetCheckSelection=[CHECK])
    assert wait_for_end(instance, run_id) == "FAILURE"

    wait_for("the message", lambda: inbox.messages, seconds=120)
    [message] = inbox.messages
    assert CHECK_NAME in message
    assert f"person_key {key}" in message
    assert f"https://funnel.example.com/runs/{run_id}" in message


def test_a_page_says_which_check_failed_and_why(page: Page, pictures: Path) -> None:
    page.goto(f"/assets/core/dim_persons?view=checks&checkDetail={CHECK_NAME}")
    expect(page.get_by_text("Failed", exact=True).first).to_be_visible()
    take(page, pictures / "dagster-check.png")
    page.goto("/runs?view=failed")
    take(page, pictures / "dagster-runs.png")


def test_the_graph_leads_from_landed_files_to_the_release(page: Page, pictures: Path) -> None:
    page.goto("/asset-groups")
    graph = page.locator("svg")
    for layer in LAYERS:
        expect(graph.get_by_text(layer, exact=True)).to_be_visible()
    take(page, pictures / "dagster-graph.png")


def test_viewers_see_but_run_nothing(services: Services, instance: dg.DagsterInstance) -> None:
    services.start("viewer")
    wait_for("the viewer", lambda: answers(services.viewer_url))
    asked = services.ask("{ runsOrError { ... on Runs { count } } }", url=services.viewer_url)
    assert asked["runsOrError"]["count"] == instance.get_runs_count()
    selection = {**LOCATION, "jobName": "build"}
    refused = services.ask(LAUNCH, url=services.viewer_url, selector=selection)["launchRun"]
    assert refused["__typename"] == "UnauthorizedError"


def test_no_file_is_written_beside_the_configuration(services: Services) -> None:
    home = Path(services.environment["DAGSTER_HOME"])
    files = {path.name for path in home.rglob("*") if path.is_file()}
    assert files == {"dagster.yaml", "workspace.yaml"}


def test_one_command_says_that_all_is_well(services: Services) -> None:
    said = CliRunner().invoke(cli.app, ["services", "--url", services.url])
    assert said.exit_code == 0, said.output
    # the first test turned one schedule on, a later one the sensor of alerts
    assert "ok   code location lead_funnel: 1 of 4 schedules on, 1 of 3 sensors on" in said.output
    assert "ok   runs: 0 in progress, 0 waiting" in said.output


def test_neither_the_logs_nor_the_page_of_the_configuration_hold_the_password(
    services: Services, inbox: Inbox
) -> None:
    shown = services.ask("{ instance { info } }")["instance"]["info"]
    told = [shown, *inbox.messages, *(services.log(n) for n in ("code", "daemon", "webserver"))]
    assert "DAGSTER_POSTGRES_URL" in shown
    assert [text for text in told if PASSWORD in text] == []
