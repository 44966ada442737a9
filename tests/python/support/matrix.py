"""The fault matrix as data: what goes wrong, at which step, and what must be true then.

`MATRIX` holds the cases of this folder; the tests of other folders add rows of their own.

A fault strikes a run at one call of one function. What holds after every one of them, and is tested
for each: readers have a whole release, the one before the run or the one that it made (`readers`);
and the run after it, with the cause gone, completes with every landed row exactly once.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

BEFORE = "the release before"
NEW = "the new release"

KILLED = "killed"
"""How a run ends that was struck by kill -9."""

COMPLETES = "completes"
"""How a run ends that the fault does not disturb."""


@dataclass(frozen=True)
class Row:
    """A line of the printed matrix."""

    fault: str
    step: str
    run: str
    readers: str
    then: str


@dataclass(frozen=True)
class Case:
    """One cell of the matrix.

    `at` is where the fault strikes (`before` or `after` a call of `module:name`). `ends` is how the
    run ends: `KILLED`, `COMPLETES`, or a part of its error message. `then` is the run after it.
    `doctor` names the check of `funnel doctor` that is to find an error before that. Only where it
    `is_audited` is the audit made, which takes most of the time of a run.
    """

    fault: str
    step: str
    at: str
    readers: str
    ends: str = KILLED
    command: str = "build"
    then: str = "build"
    doctor: str | None = None
    is_audited: bool = False

    @property
    def name(self) -> str:
        """What pytest calls it."""
        return f"{self.fault} / {self.step}"

    @property
    def row(self) -> Row:
        """How it is printed."""
        run = self.ends if self.ends in (KILLED, COMPLETES) else f"says '{self.ends}'"
        return Row(self.fault, self.step, run, self.readers, f"funnel {self.then} completes")


LOADING = "orchestration.ingestion.loader"
BUILDING = "orchestration.build.build"
PUBLICATION = "orchestration.releases.publication"

KILL = [
    Case("kill -9", "load", f"after {LOADING}:append", BEFORE),
    Case("kill -9", "audit", f"after {BUILDING}:audit", BEFORE, is_audited=True),
    Case("kill -9", "build", "node mart_funnel", BEFORE),
    Case("kill -9", "tests passed", f"before {BUILDING}:certify", BEFORE),
    Case("kill -9", "copy", f"after {PUBLICATION}:copy_tables", BEFORE),
    Case("kill -9", "sync", f"after {PUBLICATION}:seal", BEFORE),
    Case("kill -9", "before the flip", f"before {PUBLICATION}:flip", BEFORE),
    Case("kill -9", "after the flip", f"after {PUBLICATION}:flip", NEW),
    Case("kill -9", "prune", f"after {PUBLICATION}:prune", NEW),
]

KILL_RESTORE = [
    Case("kill -9", f"restore: {step}", at, readers, command="restore", then=then)
    for step, at, readers, then in (
        ("half set aside", "before pathlib:Path.replace", BEFORE, "restore"),
        ("loaded", f"after {LOADING}:append", BEFORE, "restore"),
        ("loaded, then built", f"after {LOADING}:append", BEFORE, "build"),
        ("published", "after orchestration.build.held_warehouse:publish", NEW, "restore"),
    )
]

DISK_FULL = [
    Case("disk full", step, at, BEFORE, ends)
    for step, at, ends in (
        ("load: files are read", f"before {LOADING}:read_file", "no room to write"),
        ("load", f"before {LOADING}:append", "Nothing of it counts as loaded"),
        ("build", f"before {BUILDING}:transform", "Nothing was published"),
        ("copy", f"before {PUBLICATION}:copy_tables", "Nothing was published"),
        ("manifest", f"before {PUBLICATION}:write_manifest", "Nothing was published"),
    )
]

# needs no file system of its own, so it is tried for every user
FILE_TOO_LARGE = [
    Case(
        "file too large", "build", f"before {BUILDING}:transform", BEFORE, "Nothing was published"
    ),
    Case("file too large", "copy", f"before {PUBLICATION}:copy_tables", BEFORE, "was published"),
]

OTHERS = [
    Case("read-only folder", "build", "start", BEFORE, ends="cannot be written"),
    Case("clock a year back", "build", "start", NEW, ends=COMPLETES),
    Case("clock a year ahead", "build", "start", NEW, ends=COMPLETES),
    Case("second build", "build", f"before {BUILDING}:transform", NEW, ends=COMPLETES),
    Case("second build", "publish", f"before {PUBLICATION}:copy_tables", NEW, ends=COMPLETES),
    Case("release corrupted", "at rest", "start", NEW, ends=COMPLETES, doctor="releases"),
    *(
        Case(fault, "at rest", "start", BEFORE, "funnel restore", then="restore", doctor=doctor)
        for fault, doctor in (
            ("work database corrupted", "work database"),
            ("dlt load list lost", "loads"),
            ("ledger lost", "loads"),
        )
    ),
    Case("dlt schema corrupted", "at rest", "start", NEW, ends=COMPLETES),
    Case("rows lost", "at rest", "start", NEW, COMPLETES, command="restore", doctor="rows"),
]

MATRIX = [*KILL, *KILL_RESTORE, *DISK_FULL, *FILE_TOO_LARGE, *OTHERS]

LONG = {
    "kill -9 / tests passed",
    "kill -9 / sync",
    "kill -9 / prune",
    "kill -9 / restore: half set aside",
    "kill -9 / restore: loaded, then built",
    "disk full / load: files are read",
    "disk full / manifest",
    "file too large / build",
    "clock a year back / build",
    "second build / publish",
    "dlt load list lost / at rest",
}
"""Cases beside one of the same fault at a neighbouring step, which alone runs in CI."""


def table(rows: Sequence[tuple[Row, str]]) -> list[str]:
    """The matrix with a verdict per row, as lines of text."""
    header = ("fault", "step", "the run", "readers have", "the next run", "verdict")
    cells = [(*astuple(row), verdict) for row, verdict in rows]
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in (header, *cells)
    ]
