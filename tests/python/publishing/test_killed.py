"""Killed at any step, what is published is whole, and the next publication cleans up."""

import signal
import subprocess
import sys

import pytest
from support import killed_publish
from support.generations import Publisher, assert_no_debris, current_generation, write_generation

from orchestration.releases import release_ids
from orchestration.warehouse.paths import Warehouse

# patched where they are looked up
STEPS = (
    "publication:sweep",
    "publication:copy_tables",
    "copy:copy_table",
    "publication:check_copy",
    "publication:export_parquet",
    "publication:write_manifest",
    "publication:seal",
    "publication:finish",
    "publication:flip",
    "publication:prune",
    "store:remove",
)
MOMENTS = [
    *[
        (f"orchestration.releases.{step}", when, 1)
        for step in STEPS
        for when in ("before", "after")
    ],
    ("orchestration.releases.copy:copy_table", "after", 2),
    ("pathlib:Path.mkdir", "after", 1),
    ("pathlib:Path.chmod", "after", 1),
    ("pathlib:Path.symlink_to", "after", 1),
    ("pathlib:Path.replace", "after", 1),
    ("pathlib:Path.rename", "after", 1),
    ("pathlib:Path.rename", "after", 2),
    ("os:fsync", "before", 3),
    ("os:unlink", "after", 2),
]


def publish_killed(warehouse: Warehouse, function: str, when: str, nth: int, keep: int) -> None:
    arguments = [warehouse.root, function, when, nth, keep]
    process = subprocess.run(
        [sys.executable, killed_publish.__file__, *map(str, arguments)],
        check=False,
        capture_output=True,
    )
    assert process.returncode == -signal.SIGKILL, process.stderr.decode()


@pytest.mark.parametrize(("function", "when", "nth"), MOMENTS)
def test_killed_publication_leaves_a_whole_release(
    warehouse: Warehouse, publish_generation: Publisher, function: str, when: str, nth: int
) -> None:
    publish_generation(1)
    publish_generation(2)
    write_generation(warehouse, 3)
    publish_killed(warehouse, function, when, nth, keep=2)
    survivor = current_generation(warehouse)
    assert survivor in {2, 3}

    publish_generation(4, keep=2)
    assert current_generation(warehouse) == 4
    assert_no_debris(warehouse)
    assert len(release_ids(warehouse)) == 2


@pytest.mark.parametrize(
    "step", ["publication:copy_tables", "publication:finish", "publication:flip"]
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_first_publication_leaves_none_or_a_whole_one(
    warehouse: Warehouse, publish_generation: Publisher, step: str, when: str
) -> None:
    write_generation(warehouse, 1)
    publish_killed(warehouse, f"orchestration.releases.{step}", when, 1, keep=5)
    if warehouse.current.exists():
        assert current_generation(warehouse) == 1
    publish_generation(2)
    assert current_generation(warehouse) == 2
    assert_no_debris(warehouse)


def test_release_that_no_reader_saw_is_no_target_of_a_rollback(
    warehouse: Warehouse, publish_generation: Publisher
) -> None:
    seen = publish_generation(1).release_id
    write_generation(warehouse, 2)
    publish_killed(warehouse, "orchestration.releases.publication:flip", "before", 1, keep=5)
    assert len(release_ids(warehouse)) == 2
    latest = publish_generation(3).release_id
    assert release_ids(warehouse) == [seen, latest]
