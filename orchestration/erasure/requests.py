"""A request for erasure: from here on no load lets the person in."""

import uuid
from collections.abc import Collection, Iterator
from pathlib import Path

from orchestration.erasure.person import Person
from orchestration.erasure.raw import ERASED_TEXT
from orchestration.erasure.register import Register
from orchestration.warehouse.paths import Warehouse

_SHORTEST = 6


def request(warehouse: Warehouse, person: Person, texts: Collection[str]) -> str:
    """Record the request, without personal data; its id.

    What the databases hold is found again by its tombstones. Reports and logs in the folder are
    not: they lose the `texts` before anything is recorded, so a kill leaves nothing half-known.
    Whoever calls this holds the warehouse's lock.
    """
    for path in _loose_files(warehouse):
        _scrub(path, texts)
    register = Register(warehouse)
    tombstones = person.tombstones(register.ready_key())
    request_id = uuid.uuid4().hex[:12]
    register.record("requested", request_id, tombstones, person.rows)
    return request_id


def _loose_files(warehouse: Warehouse) -> Iterator[Path]:
    """Files of the warehouse that are neither a database, nor of a release, nor the register."""
    for path in warehouse.root.rglob("*"):
        inside = path.relative_to(warehouse.root).parts[0]
        if (
            path.is_file()
            and not path.is_symlink()
            and inside not in (warehouse.releases_dir.name, warehouse.erasures_dir.name)
            and path.parent not in (warehouse.build_dir, warehouse.replaced_dir)
        ):
            yield path


def _scrub(path: Path, texts: Collection[str]) -> None:
    before = after = path.read_bytes()
    for text in sorted(texts, key=len, reverse=True):
        if len(text) >= _SHORTEST:
            after = after.replace(text.encode(), ERASED_TEXT.encode())
    if after != before:
        scrubbed = path.with_name(f".{path.name}.erased")
        scrubbed.write_bytes(after)
        scrubbed.chmod(path.stat().st_mode)
        scrubbed.replace(path)
