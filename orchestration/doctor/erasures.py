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
    unpublished = register.open_requests("published")
    unproven = register.open_requests("completed")
    if unpublished:
        yield warning(
            "erasures",
            f"{len(unpublished)} request(s) for erasure wait for a build: "
            f"{', '.join(unpublished)}.",
            "funnel build",
        )
    elif unproven:
        yield warning(
            "erasures",
            f"{len(unproven)} request(s) for erasure are open, because no search has passed yet: "
            f"{', '.join(unproven)}.",
            "funnel erase --verify",
        )
    else:
        yield fine("erasures", "Every request for erasure is completed.")
