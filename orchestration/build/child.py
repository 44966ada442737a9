"""Child processes that never outlive this one, however it ends."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

WATCH = """
import os, signal, sys
if not sys.stdin.read():
    try:
        os.kill(int(sys.argv[1]), signal.SIGKILL)
    except ProcessLookupError:
        pass
"""
"""Reads a pipe that only the parent can write: it ends, without a word, when the parent does."""


@contextmanager
def ends_with_this_process(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Have the child killed if this process dies in the block, or leaves it by an exception.

    A killed process cannot end its children itself. dbt would keep the work database open, and
    the next run could not write it, until dbt is through its models.
    """
    watch = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", WATCH, str(child.pid)],
        stdin=subprocess.PIPE,
        # what is sent to the group of this process, such as Ctrl-C, must not end the watch first
        start_new_session=True,
    )
    try:
        yield
    except BaseException:
        child.kill()
        child.wait()
        raise
    finally:
        watch.communicate(b"The child is no longer to be watched.")
