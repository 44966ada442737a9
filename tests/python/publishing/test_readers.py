"""A reader sees one whole release, whatever is published meanwhile."""

import subprocess
import sys
from pathlib import Path

from support.generations import Publisher

from orchestration.releases import release_ids
from orchestration.warehouse.paths import Warehouse

READER = Path(__file__).with_name("reader.py")
CHECKS = 200


def start_reader(warehouse: Warehouse, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(READER), str(warehouse.current_database), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def ask(reader: subprocess.Popen[str]) -> str:
    assert reader.stdin and reader.stdout
    reader.stdin.write("\n")
    reader.stdin.flush()
    return reader.stdout.readline().strip()


def test_reader_keeps_its_release_through_three_publications(
    warehouse: Warehouse, publish_generation: Publisher
) -> None:
    publish_generation(1, keep=1)
    with start_reader(warehouse, "hold") as reader:
        assert ask(reader) == "1"
        for generation in (2, 3, 4):
            publish_generation(generation, keep=1)
            assert len(release_ids(warehouse)) == 1
            assert ask(reader) == "1"
        with start_reader(warehouse, "hold") as newcomer:
            assert ask(newcomer) == "4"
            newcomer.kill()
        reader.kill()


def test_readers_see_whole_releases_through_ten_publications_under_load(
    warehouse: Warehouse, publish_generation: Publisher
) -> None:
    publish_generation(1)
    readers = [start_reader(warehouse, "reopen", str(CHECKS)) for _ in range(3)]
    for generation in range(2, 12):
        publish_generation(generation, keep=2)
    for reader in readers:
        answers, _ = reader.communicate()
        seen = [int(line) for line in answers.split()]
        assert (reader.returncode, len(seen)) == (0, CHECKS)
        assert seen == sorted(seen)
        assert set(seen) <= set(range(1, 12))


def test_readers_always_see_a_whole_release(
    warehouse: Warehouse, publish_generation: Publisher
) -> None:
    publish_generation(1)
    with start_reader(warehouse, "reopen", str(CHECKS)) as reader:
        generation = 1
        while reader.poll() is None:
            generation += 1
            publish_generation(generation, keep=3)
        assert reader.stdout
        seen = [int(line) for line in reader.stdout.read().split()]
    assert reader.returncode == 0
    assert len(seen) == CHECKS
    assert seen == sorted(seen)
    assert len(set(seen)) > 3
