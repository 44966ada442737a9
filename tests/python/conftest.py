"""What test modules share: warehouses that the real build made, and where the trial data lies."""

import os
from collections.abc import Callable, Iterator
from contextlib import chdir
from dataclasses import astuple
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from support.matrix import Row, table
from support.postgres_server import PostgresServer, find_binaries, running_server
from support.project import lay_parsed, parsed_project, project_beside
from support.shared import once

from orchestration.build import dbt
from orchestration.build.build import build
from orchestration.build.dbt import vars_arguments
from orchestration.contract import PROJECT_DIR
from orchestration.settings import load_settings
from orchestration.warehouse.paths import Warehouse
from simulator import SimulationConfig, simulate

# programs that tests start import what the tests share, too
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [str(Path(__file__).parent), os.environ.get("PYTHONPATH")])
)

# the developer's own settings do not count; the workers have use for every core already
for variable in [name for name in os.environ if name.startswith(("FUNNEL_", "DBT_"))]:
    if variable not in ("FUNNEL_TEST_DATA", "FUNNEL_PICTURES"):
        del os.environ[variable]
os.environ |= {"FUNNEL_THREADS": "1", "DBT_LOG_LEVEL_FILE": "none"}

# a machine that is busy is not a fault of what is tested
hypothesis_settings.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("patient")


SLOWEST = (
    "test_docs.py",
    "dagster/test_whole_run.py",
    "dagster_services/test_services.py",
    "releases/test_restatements.py",
    "oracle/test_incremental.py",
    "cases/test_random_companies.py",
    "cases/test_words.py",
    "cases/test_people.py",
    "cases/test_moments.py",
    "cases/test_credit.py",
    "cases/test_many_values.py",
    "sources/test_mapped_exports.py",
    "source_check/test_source_check.py",
    "source_new/test_source_new.py",
    "sources/test_mapped_connectors.py",
    "erasure/test_small_company.py",
    "faults/test_bad_inputs.py",
    "test_plain_dbt.py",
    "oracle/test_planning.py",
    "faults/test_fault_matrix.py",
    "erasure/test_erasing.py",
    "erasure/test_who_comes_back.py",
    "sources/test_export_comes_again.py",
    "contract/test_whole_exports.py",
    "audit/test_expectations_fire.py",
)
"""Files of a minute and more, the longest first: one that starts last would keep a worker alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the slowest files first; workers take files in this order."""
    ranks = {Path(__file__).parent / name: rank for rank, name in enumerate(SLOWEST)}
    items.sort(key=lambda item: ranks.get(item.path, len(ranks)))


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what is made once for all workers; only to be read."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def build_warehouse(shared: Path) -> Callable[..., Warehouse]:
    """`build_warehouse(landing, warehouse, *sources, **settings)` builds and publishes.

    `settings` are further fields of `orchestration.settings.Settings`; `make` is what to do with
    them where it is not a build; without `with_tests`, dbt's data tests are left out, where another
    build of the company runs them. The warehouse's folder has a project of its own beside it.
    """

    def run(
        landing: Path,
        warehouse: Path,
        *sources: str,
        make: Callable[..., object] = build,
        with_tests: bool = True,
        **settings: Any,
    ) -> Warehouse:
        project = project_beside(warehouse)
        # dbt's files stay out of the real project
        with pytest.MonkeyPatch.context() as patch, chdir(project):
            if not with_tests:
                patch.setattr(dbt, "EXCLUDED", ("unit_test", "test"))
            flags = {"landing": landing, "warehouse": warehouse, "sources": sources, **settings}
            loaded = load_settings(flags)
            lay_parsed(parsed_project(shared, vars_arguments(loaded)), project / "target")
            make(loaded, project_dir=project, echo=lambda _: None)
        return Warehouse(warehouse)

    return run


@pytest.fixture(scope="session")
def built_warehouse(
    build_warehouse: Callable[..., Warehouse], shared: Path
) -> Callable[..., Warehouse]:
    """`built_warehouse(name, landing, *sources, **settings)`, built once; only to be read.

    The name says which warehouse it is to all workers.
    """

    def get(name: str, landing: Path, *sources: str, **settings: Any) -> Warehouse:
        def make(folder: Path) -> None:
            build_warehouse(landing, folder / "warehouse", *sources, **settings)

        return Warehouse(once(shared / name, make) / "warehouse")

    return get


@pytest.fixture(scope="session")
def landed(shared: Path) -> Callable[[str, Callable[[Path], object]], Path]:
    """`landed(name, write)`: a landing folder as `write(folder)` fills it; only to be read."""

    def get(name: str, write: Callable[[Path], object]) -> Path:
        return once(shared / f"{name}-landed", lambda folder: write(folder / "landing")) / "landing"

    return get


@pytest.fixture
def matrix_row(record_property: Callable[[str, object], None]) -> Callable[[int, Row], None]:
    """`matrix_row(position, row)` prints the test's verdict as a row of the fault matrix."""
    return lambda position, row: record_property("fault matrix", (position, astuple(row)))


@pytest.fixture(scope="session")
def query() -> Callable[..., list[tuple[Any, ...]]]:
    """`query(database, sql)` gives the rows of a query of a database file."""

    def run(database: Path, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(database), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    return run


@pytest.fixture(scope="session")
def trial_data() -> Path:
    """The folder of real exports, which are not part of the repository."""
    folder = Path(os.environ.get("FUNNEL_TEST_DATA", PROJECT_DIR.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no trial data in {folder}; set FUNNEL_TEST_DATA to the folder that has it")
    return folder.resolve()


@pytest.fixture(scope="session")
def olist_warehouse(built_warehouse: Callable[..., Warehouse], trial_data: Path) -> Warehouse:
    """The real export of Olist, built and published; only to be read."""
    return _export(built_warehouse, trial_data, "olist")


@pytest.fixture(scope="session")
def realestate_warehouse(built_warehouse: Callable[..., Warehouse], trial_data: Path) -> Warehouse:
    """The real export of a property developer, built and published; only to be read."""
    return _export(built_warehouse, trial_data, "realestate")


def _export(built: Callable[..., Warehouse], trial_data: Path, source: str) -> Warehouse:
    if not (trial_data / source).is_dir():
        pytest.skip(f"no trial data in {trial_data / source}")
    return built(source, trial_data, source)


@pytest.fixture(scope="session")
def demo_landing(landed: Callable[..., Path]) -> Path:
    """The landing folder of the demo company, as `make build` simulates it; only to be read."""
    return landed("demo", lambda folder: simulate(SimulationConfig(), folder))


@pytest.fixture(scope="session")
def demo_warehouse(built_warehouse: Callable[..., Warehouse], demo_landing: Path) -> Warehouse:
    """The demo company, built and published; only to be read."""
    return built_warehouse("demo", demo_landing, "files")


@pytest.fixture(scope="session")
def tiny_landing(landed: Callable[..., Path]) -> Path:
    """The landing folder of a company of 300 leads; only to be read."""
    return landed("tiny", lambda folder: simulate(SimulationConfig(leads=300), folder))


@pytest.fixture(scope="session")
def tiny_warehouse(built_warehouse: Callable[..., Warehouse], tiny_landing: Path) -> Warehouse:
    """The company of 300 leads, built and published; only to be read."""
    return built_warehouse("tiny", tiny_landing, "files")


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures go: FUNNEL_PICTURES, or nowhere that stays."""
    named = os.environ.get("FUNNEL_PICTURES")
    return PROJECT_DIR / named if named else tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server; a test takes a database of its own, `postgres_server.new_database()`."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server; on Debian: apt-get install postgresql")
    with running_server(binaries) as server:
        yield server


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the fault matrix, where its tests ran: a folder after the other, by position."""
    verdicts = {
        (Path(report.location[0]).parent, position, Row(*cells)): outcome
        for outcome in ("passed", "skipped", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        for name, value in report.user_properties
        if name == "fault matrix"
        for position, cells in [value]
    }
    if verdicts:
        terminalreporter.section("fault matrix")
        ordered = sorted(verdicts, key=lambda found: found[:2])
        for line in table([(found[2], verdicts[found]) for found in ordered]):
            terminalreporter.write_line(line)
