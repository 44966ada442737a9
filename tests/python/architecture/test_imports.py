"""The rooms of the Python package: who may import whom, and where Dagster is."""

import ast
import importlib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from orchestration.contract import PROJECT_DIR

PACKAGES = ("orchestration", "simulator")
SUFFIX = ".__init__"
FLOORS = (
    ("cli", "definitions", "defs"),
    ("doctor", "reports", "source_check", "source_new"),
    ("build",),
    ("audit", "erasure", "dashboard", "extraction"),
    ("releases", "ingestion", "instance", "alerts"),
    ("warehouse",),
    ("settings", "declarations"),
    ("mapping_sql", "words"),
    ("contract",),
    ("errors", "loaders", "sql", "text", "timing"),
)
"""From the faces down to the ground; a room imports only from floors below its own."""

FORMER = ("event_storage", "run_launcher")
"""Names that deployed files may still have; importing them says where the module is now."""

SIMULATOR = ("simulator",)
"""Beside the warehouse: only the command line imports it, and it knows the contract alone."""


def modules() -> dict[str, Path]:
    return {
        ".".join(path.relative_to(PROJECT_DIR).with_suffix("").parts).removesuffix(
            ".__init__"
        ): path
        for package in PACKAGES
        for path in (PROJECT_DIR / package).rglob("*.py")
    }


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, also where it does so late."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, f"{path}: imports are absolute here"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(module: str) -> str:
    package, _, rest = module.partition(".")
    return rest.split(".")[0] if package == "orchestration" else package


def test_rooms_import_downward_only() -> None:
    floor = {name: number for number, names in enumerate(FLOORS) for name in names}
    upward = [
        f"{module} imports {target}"
        for module, path in modules().items()
        if room(module) in floor
        for target in imported(path)
        if target.split(".")[0] == "orchestration"
        and room(target) in floor
        and room(target) != room(module)
        and floor[room(target)] <= floor[room(module)]
    ]
    assert upward == []


def test_every_room_has_a_floor() -> None:
    rooms = {room(module) for module in modules()} - {"", *FORMER, *SIMULATOR}
    assert rooms == {name for names in FLOORS for name in names}


def test_no_module_imports_in_a_circle() -> None:
    found = modules()
    graph = {
        # a package's own __init__ gathers its modules
        module: {
            target
            for target in imported(path)
            if target in found and target != module and not module.startswith(f"{target}.")
        }
        for module, path in found.items()
    }
    TopologicalSorter(graph).prepare()  # raises CycleError


def test_what_imports_dagster_lives_in_defs_or_instance() -> None:
    inside = ("orchestration.defs", "orchestration.instance", "orchestration.definitions")
    strangers = {
        module: uses_dagster
        for module, path in modules().items()
        if path.name != "__init__.py"
        for uses_dagster in [any(name.startswith("dagster") for name in imported(path))]
        if uses_dagster != module.startswith(inside)
    }
    assert strangers == {}


def test_simulator_knows_the_contract_alone() -> None:
    known = {
        name
        for module, path in modules().items()
        if room(module) == "simulator"
        for name in imported(path)
        if name.startswith("orchestration.") and name in modules()
    }
    assert known == {"orchestration.contract", "orchestration.errors"}
    users = {
        room(module)
        for module, path in modules().items()
        if any(name.split(".")[0] == "simulator" for name in imported(path))
    }
    assert users == {"cli", "simulator"}


@pytest.mark.parametrize("name", FORMER)
def test_former_names_of_deployed_files_say_what_to_change(name: str) -> None:
    with pytest.raises(ImportError, match=rf"is now orchestration\.instance\.{name}: change"):
        importlib.import_module(f"orchestration.{name}")
