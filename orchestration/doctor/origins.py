"""Check that places from which sources are pulled are configured."""

from collections.abc import Iterator

from orchestration.doctor.finding import Finding, Subject, error, fine
from orchestration.extraction import ExtractionError, origins, place_of


def check_origins(subject: Subject) -> Iterator[Finding]:
    """Each source that is pulled has an address; whether it answers, a pull says."""
    for name, kind in origins(subject.settings).items():
        try:
            yield fine("origins", f"{name} is pulled from {place_of(name, kind)}.")
        except ExtractionError as unknown:
            what, _, fix = str(unknown).partition(". ")
            yield error("origins", f"{what}.", fix.rstrip("."))
