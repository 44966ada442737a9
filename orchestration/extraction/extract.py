"""The pull of all that is declared to lie elsewhere."""

from collections.abc import Callable, Sequence

from orchestration.contract import FILESYSTEM, SQL_DATABASE, extraction_of, raw_tables
from orchestration.extraction.configuration import (
    address,
    bucket_of,
    database_of,
    without_secrets,
)
from orchestration.extraction.database import pull_tables
from orchestration.extraction.landed_file import remove_parts
from orchestration.extraction.remote_files import copy_files
from orchestration.settings import Settings
from orchestration.warehouse.paths import Warehouse

LANDING = "landing"
"""Section of dlt's configuration for a landing folder that is a URL."""


def is_extracted(settings: Settings, sources: Sequence[str] | None = None) -> bool:
    """True if anything of the sources (None = those that are on) lies elsewhere."""
    return bool(origins(settings, sources))


def origins(settings: Settings, sources: Sequence[str] | None = None) -> dict[str, str]:
    """What kind of place each source that is pulled comes from; `landing` for the whole folder."""
    wanted = settings.sources if sources is None else sources
    found = {source: kind for source in wanted if (kind := extraction_of(source))}
    return ({LANDING: settings.remote_landing} if settings.remote_landing else {}) | found


def place_of(name: str, kind: str) -> str:
    """The address of one of the `origins`, without its secrets.

    Raises:
        ExtractionError: it is not configured; what, and then the remedy.
    """
    if kind == SQL_DATABASE:
        return address(database_of(name))
    return without_secrets(str(bucket_of(name, kind if name == LANDING else None).bucket_url))


def extract(
    settings: Settings,
    sources: Sequence[str] | None = None,
    echo: Callable[[str], None] = lambda _: None,
) -> None:
    """Pulls the sources (None = those that are on) into the landing folder, one after the other.

    Nothing that was landed before is changed or removed. A pull that ends at any moment is
    completed by the next one.

    Raises:
        ExtractionError: names the source, what is wrong, and where it is declared or configured.
    """
    state = Warehouse(settings.warehouse).extraction_dir
    state.mkdir(parents=True, exist_ok=True)
    settings.landing.mkdir(parents=True, exist_ok=True)
    remove_parts(settings.landing)
    for name, kind in origins(settings, sources).items():
        if name == LANDING:
            echo(f"Copying what is new in {without_secrets(kind)}")
            copied = state / "landing.json"
            copy_files(name, settings.landing, copied, echo, url=settings.remote_landing)
        elif kind == FILESYSTEM:
            echo(f"Copying what is new of {name}")
            copy_files(name, settings.landing / name, state / f"{name}.json", echo)
        else:
            pull_tables(name, raw_tables(name), settings.landing, state, echo)
