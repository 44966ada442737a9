"""Check that the work database exists, and is as a tested build left it."""

from collections.abc import Iterator

from orchestration.doctor.finding import Finding, Subject, fine, warning
from orchestration.warehouse.work_database import is_certified

CHECK = "last build"


def check_receipt(subject: Subject) -> Iterator[Finding]:
    """The work database is there, and its last build passed its tests."""
    warehouse = subject.warehouse
    if not warehouse.work_database.is_file():
        lost = warehouse.work_wal.exists() or warehouse.current.is_symlink()
        yield warning(
            CHECK,
            "There is no work database" + (" any more." if lost else " yet."),
            "funnel build",
        )
    elif is_certified(warehouse):
        yield fine(CHECK, "The work database is as a tested build left it.")
    else:
        yield warning(
            CHECK,
            "The work database is not as a tested build left it: the last build failed, was "
            "killed, or something else wrote to it since.",
            "funnel build",
        )
