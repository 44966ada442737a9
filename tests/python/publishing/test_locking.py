"""One process at a time changes a warehouse."""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import hold_lock

from orchestration.warehouse.lock import WarehouseLockedError, exclusive
from orchestration.warehouse.paths import Warehouse


@pytest.fixture
def holder(warehouse: Warehouse) -> Iterator[subprocess.Popen[str]]:
    """Another process that builds."""
    with subprocess.Popen(
        [sys.executable, hold_lock.__file__, str(warehouse.root), "funnel build"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout and process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_second_process_is_told_who_holds_the_lock(
    warehouse: Warehouse, holder: subprocess.Popen[str]
) -> None:
    host = re.escape(socket.gethostname())
    told = rf"in use by 'funnel build' \(process {holder.pid} on {host}, since 20.* UTC\)"
    with (
        pytest.raises(WarehouseLockedError, match=told) as error,
        exclusive(warehouse, "funnel publish"),
    ):
        pass
    assert error.value.exit_code == 75


def test_lock_of_a_killed_process_is_free(
    warehouse: Warehouse, holder: subprocess.Popen[str]
) -> None:
    holder.kill()
    holder.wait()
    assert str(holder.pid) in warehouse.lock_file.read_text(encoding="utf-8")
    with exclusive(warehouse, "funnel build"):
        assert str(holder.pid) not in warehouse.lock_file.read_text(encoding="utf-8")


def test_lock_is_free_after_use_and_after_an_error(warehouse: Warehouse) -> None:
    with pytest.raises(ZeroDivisionError), exclusive(warehouse, "funnel build"):
        raise ZeroDivisionError
    with exclusive(warehouse, "funnel build"):
        pass
    assert warehouse.lock_file.read_text(encoding="utf-8") == ""


def test_warehouses_do_not_wait_for_each_other(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    assert holder.poll() is None
    with exclusive(Warehouse(tmp_path / "another"), "funnel build"):
        pass
