"""Whether every person whose erasure was asked for is gone."""

from collections.abc import Iterator

from orchestration.doctor.finding import Finding, Subject, error, warning
from orchestration.erasure import ErasureError, is_waiting


def check_erasures(subject: Subject) -> Iterator[Finding]:
    """No request for erasure waits for a build."""
    try:
        if is_waiting(subject.warehouse):
            yield warning(
                "erasures",
                "A request for erasure waits to be carried out; until then the person is there.",
                "funnel build",
            )
    except ErasureError as problem:
        yield error("erasures", str(problem), "Put back what the message names, from a backup")
