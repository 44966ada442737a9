"""dbt never outlives the process that started it: it would hold the work database."""

import os
import signal
import subprocess
import sys
import time

import pytest

from orchestration.build.child import ends_with_this_process

PARENT = """
import signal, subprocess, sys
from orchestration.build.child import ends_with_this_process

# whoever started the tests may ignore them, and a child inherits that
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
child = subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL)
with ends_with_this_process(child):
    print(child.pid, flush=True)
    sys.stdin.read()
"""


def has_ended(pid: int, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_child_ends_with_a_killed_parent(how: signal.Signals) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.send_signal(how)
        try:
            parent.wait(timeout=60)
        finally:
            parent.kill()
    if not has_ended(child):
        os.kill(child, signal.SIGKILL)
        pytest.fail(f"it outlived a parent that got {how.name}")


def test_child_ends_with_an_exception_in_the_block() -> None:
    child = subprocess.Popen(["sleep", "60"])
    with pytest.raises(TimeoutError), ends_with_this_process(child):
        raise TimeoutError
    assert child.returncode == -signal.SIGKILL


def test_child_is_left_alone_once_the_block_is_done() -> None:
    child = subprocess.Popen(["sleep", "60"])
    with ends_with_this_process(child):
        pass
    assert not has_ended(child.pid, seconds=0.3)
    child.kill()
    child.wait()
