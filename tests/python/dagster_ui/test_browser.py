"""What an operator sees and clicks, in a real browser: the graph, a run, a failed check.

The pictures of docs/images/dagster-*.png come from here: FUNNEL_PICTURES=docs/images pytest ...
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from support.dagster_installation import Services, installed
from support.postgres_server import PostgresServer

from orchestration.contract import PROJECT_DIR
from orchestration.warehouse.paths import Warehouse

expect.set_options(timeout=60_000)

CHROMIUM = shutil.which("chromium")
ASSET = "core/dim_stages"
CHECK = "row_checks_dim_stages"
LAYERS = ("landing", "raw", "staging", "reference", "intermediate", "marts", "release")
PATIENCE = 480_000
"""Milliseconds for what a run does, on a machine that is busy with other tests."""

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no browser; on Debian: apt-get install chromium"
)


@pytest.fixture(scope="module")
def warehouse(demo_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The demo company's warehouse, to be changed."""
    folder = tmp_path_factory.mktemp("browsed") / "warehouse"
    return Warehouse(shutil.copytree(demo_warehouse.root, folder, symlinks=True))


@pytest.fixture(scope="module")
def services(
    postgres_server: PostgresServer, warehouse: Warehouse, demo_landing: Path
) -> Iterator[Services]:
    with installed(
        postgres_server.new_database(),
        FUNNEL_LANDING=str(demo_landing),
        FUNNEL_WAREHOUSE=str(warehouse.root),
        FUNNEL_ENVIRONMENT="development",  # nothing starts by itself
    ) as services:
        services.start("code", "daemon", "webserver")
        services.wait_until("code location")
        services.wait_until("daemon")
        yield services


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
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


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures go: FUNNEL_PICTURES, or nowhere that stays."""
    named = os.environ.get("FUNNEL_PICTURES")
    return PROJECT_DIR / named if named else tmp_path_factory.mktemp("pictures")


def take(page: Page, picture: Path) -> None:
    page.wait_for_timeout(1000)  # the end of an animation
    page.screenshot(path=picture)
    assert picture.stat().st_size > 20_000, "the page is blank"


def test_the_graph_leads_from_landed_files_to_the_release(page: Page, pictures: Path) -> None:
    page.goto("/asset-groups")
    graph = page.locator("svg")
    for layer in LAYERS:
        expect(graph.get_by_text(layer, exact=True)).to_be_visible()
    take(page, pictures / "dagster-graph.png")


def materialize(page: Page) -> None:
    """Click until the asset's run is on the screen."""
    page.goto(f"/assets/{ASSET}")
    page.locator("button", has_text="Materialize").first.click()
    # Dagster has never built the tables before it; the warehouse has them.
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("link", name="View", exact=True).click()


def test_a_click_builds_a_model_and_the_run_ends_green(page: Page, pictures: Path) -> None:
    materialize(page)
    expect(page.get_by_text("Success", exact=True)).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Succeeded (1)")).to_be_visible()
    take(page, pictures / "dagster-run.png")

    page.goto(f"/assets/{ASSET}?view=checks")
    expect(page.get_by_text("Passed").first).to_be_visible()


def test_a_failed_check_says_what_is_wrong(
    page: Page, warehouse: Warehouse, pictures: Path
) -> None:
    with duckdb.connect(str(warehouse.work_database)) as connection:
        connection.execute(
            "insert into reference.stages from reference.stages where stage_key = 'mql'"
        )
    materialize(page)
    expect(page.get_by_text("Failure", exact=True)).to_be_visible(timeout=PATIENCE)

    page.goto(f"/assets/{ASSET}?view=checks&checkDetail={CHECK}")
    expect(page.get_by_text("Failed", exact=True).first).to_be_visible()
    take(page, pictures / "dagster-check.png")
    page.goto("/runs?view=failed")
    take(page, pictures / "dagster-runs.png")
