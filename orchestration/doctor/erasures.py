"""Check that the register of erasures is usable, and that no request waits."""

from collections.abc import Iterator

from orchestration.doctor.finding import Finding, Subject, error, fine, warning
from orchestration.erasure import ErasureError, Register


def check_erasures(subject: Subject) -> Iterator[Finding]:
    """Nothing where nobody was ever erased."""
    if not subject.warehouse.erasures_dir.exists():
        return
    try:
        register = Register(subject.warehouse)
    except ErasureError as problem:
        yield error(
            "erasures",
            str(problem),
            f"restore {subject.warehouse.erasures_dir} or its key from a backup; until then "
            "nothing is loaded",
        )
        return
    waiting = register.open_requests("completed")
    if waiting:
        yield warning(
            "erasures",
            f"{len(waiting)} request(s) for erasure are not completed: {', '.join(waiting)}.",
            "funnel build",
        )
    else:
        yield fine("erasures", "Every request for erasure is completed.")
