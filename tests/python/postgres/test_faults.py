"""Whatever dies, PostgreSQL has one whole release, and the next synchronisation goes on."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from postgres_readers import generation_in, schemas_in
from pydantic import SecretStr
from support.matrix import BEFORE, KILLED, NEW, Row
from support.postgres_server import PostgresServer

from orchestration.releases.postgres import (
    PostgresError,
    Target,
    grant,
    status,
    sync,
    synchronisation,
)
from orchestration.releases.postgres.target import transaction
from orchestration.warehouse.paths import Warehouse

Publish = Callable[[int], str]
Breaker = Callable[[psycopg.Connection], None]

SYNCHRONISATION = "orchestration.releases.postgres.synchronisation"
LOADING = "orchestration.releases.postgres.copy"
SWAPPING = "orchestration.releases.postgres.swap"
# patched where they are looked up
BEFORE_THE_COMMIT = [
    (f"{SYNCHRONISATION}:wait_for_turn", "after", 1),
    (f"{SYNCHRONISATION}:refuse_foreign", "after", 1),
    (f"{LOADING}:create_table", "after", 2),
    (f"{LOADING}:copy_rows", "after", 1),
    (f"{LOADING}:_csv", "after", 3),
    (f"{SYNCHRONISATION}:load_release_row", "after", 1),
    (f"{SYNCHRONISATION}:grant_read", "after", 1),
    (f"{SWAPPING}:lock", "after", 1),
    (f"{SWAPPING}:drop", "after", 1),
    (f"{SYNCHRONISATION}:swap", "after", 1),
    ("psycopg:Connection.commit", "before", 1),
]
MOMENTS = [*BEFORE_THE_COMMIT, ("psycopg:Connection.commit", "after", 1)]
STEPS = ["load_table", "load_release_row", "swap"]
FAULTS = ["server killed", "connection lost"]
SYNC_COMPLETES = "funnel postgres sync completes"


def sync_killed(warehouse: Warehouse, url: str, function: str, when: str, nth: int) -> None:
    folder = Path(__file__).parent
    process = subprocess.run(
        [sys.executable, folder / "killed_sync.py", warehouse.root, function, when, str(nth)],
        env={**os.environ, "FUNNEL_POSTGRES": url},
        check=False,
        capture_output=True,
    )
    assert process.returncode == -signal.SIGKILL, process.stderr.decode()


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: " ".join(map(str, moment)))
def test_killed_synchronisation_leaves_a_whole_release(
    *,
    warehouse: Warehouse,
    publish_generation: Publish,
    target: Target,
    url: str,
    connection: psycopg.Connection,
    matrix_row: Callable[[int, Row], None],
    moment: tuple[str, str, int],
) -> None:
    function, when, nth = moment
    is_published = moment not in BEFORE_THE_COMMIT
    step = f"PostgreSQL: {when} {function.rpartition(':')[2]}"
    readers = NEW if is_published else BEFORE
    matrix_row(MOMENTS.index(moment), Row("kill -9", step, KILLED, readers, SYNC_COMPLETES))
    publish_generation(1)
    grant(target)
    sync(warehouse, target)
    publish_generation(2)
    sync_killed(warehouse, url, function, when, nth)
    assert generation_in(connection) == (2 if is_published else 1)
    assert schemas_in(connection) == {"public", "core", "marts"}

    assert sync(warehouse, target).is_new == (not is_published)
    assert generation_in(connection) == 2
    assert schemas_in(connection) == {"public", "core", "marts"}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("fault", FAULTS)
def test_fault_of_the_server_leaves_the_old_release(
    *,
    warehouse: Warehouse,
    publish_generation: Publish,
    target: Target,
    url: str,
    postgres_server: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
    matrix_row: Callable[[int, Row], None],
    step: str,
    fault: str,
) -> None:
    position = len(MOMENTS) + len(STEPS) * FAULTS.index(fault) + STEPS.index(step)
    step_name = f"PostgreSQL: after {step}"
    matrix_row(position, Row(fault, step_name, "says so", BEFORE, SYNC_COMPLETES))

    def kill_server(_: psycopg.Connection) -> None:
        postgres_server.stop("immediate")

    def cut_connection(syncing: psycopg.Connection) -> None:
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("select pg_terminate_backend(%s, 10000)", [syncing.info.backend_pid])

    publish_generation(1)
    sync(warehouse, target)
    publish_generation(2)
    breaks = kill_server if fault == "server killed" else cut_connection
    with monkeypatch.context() as patch:
        patch.setattr(synchronisation, step, after(getattr(synchronisation, step), breaks))
        try:
            with pytest.raises(PostgresError, match=r"closed|terminat|lost"):
                sync(warehouse, target)
        finally:
            if breaks is kill_server:
                postgres_server.start()
    with psycopg.connect(url, autocommit=True) as connection:
        assert generation_in(connection) == 1
        assert schemas_in(connection) == {"public", "core", "marts"}
        assert sync(warehouse, target).is_new
        assert generation_in(connection) == 2


def test_server_that_is_killed_right_after_the_commit_has_the_new_release(
    warehouse: Warehouse,
    publish_generation: Publish,
    target: Target,
    url: str,
    postgres_server: PostgresServer,
) -> None:
    publish_generation(1)
    sync(warehouse, target)
    publish_generation(2)
    sync(warehouse, target)
    postgres_server.stop("immediate")
    with pytest.raises(PostgresError, match=r"[Cc]onnection refused"):
        status(warehouse, target)
    postgres_server.start()
    assert status(warehouse, target).is_current
    with psycopg.connect(url) as connection:
        assert generation_in(connection) == 2


def test_two_synchronisations_exclude_each_other(
    warehouse: Warehouse, publish_generation: Publish, target: Target
) -> None:
    publish_generation(1)
    other = Target(SecretStr(target.url.get_secret_value()), prefix="other_")
    with transaction(target) as first:
        synchronisation.wait_for_turn(first, target)
        with pytest.raises(PostgresError, match=r"Another synchronisation .* is running"):
            sync(warehouse, Target(target.url, patience=0.1))
        assert sync(warehouse, other).is_new  # other schemas are nobody's business
    assert sync(warehouse, target).is_new


def after(function: Callable[..., Any], breaks: Breaker) -> Callable[..., Any]:
    def broken(connection: psycopg.Connection, *arguments: Any) -> Any:
        result = function(connection, *arguments)
        breaks(connection)
        return result

    return broken
