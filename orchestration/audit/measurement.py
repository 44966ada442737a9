"""Figures of a boundary: the work database, measured by DuckDB, with the release before at hand."""

from collections.abc import Sequence
from datetime import UTC, datetime

import duckdb

from orchestration.audit.figures import Figure
from orchestration.audit.landed_figures import measure_landed
from orchestration.audit.mart_figures import measure_marts
from orchestration.audit.marts import BASELINE, Marts
from orchestration.audit.thresholds import Boundary, Threshold
from orchestration.errors import FunnelError
from orchestration.mapping_sql import Mappings
from orchestration.releases import Manifest, current_release, current_release_id, releases
from orchestration.settings import Settings, project_vars
from orchestration.sql import identifier, literal
from orchestration.warehouse.paths import DATABASE_FILE, Warehouse


def measure(
    settings: Settings,
    boundary: Boundary,
    checks: Sequence[Threshold],
    mappings: Mappings = lambda _: {},
) -> list[Figure]:
    """The figure of each check, by DuckDB, over the work database and the release before.

    What a mapping makes of landed rows is judged where `mappings` gives its SQL.
    """
    warehouse = Warehouse(settings.warehouse)
    if not warehouse.work_database.is_file():
        raise FunnelError(
            f"There is no work database {warehouse.work_database}. Run `funnel build` first."
        )
    with duckdb.connect() as connection:
        connection.execute(
            f"set temp_directory = {literal(str(warehouse.audit_dir / 'spill'))}; "
            f"set memory_limit = {literal(settings.memory)}; set TimeZone = 'UTC'"
        )
        work = identifier(warehouse.work_database.stem)
        try:
            connection.execute(
                f"attach {literal(str(warehouse.work_database))} as {work} (read_only); use {work}"
            )
        except duckdb.Error as error:
            raise FunnelError(
                f"The work database {warehouse.work_database} cannot be audited: {error}"
            ) from error
        if boundary == Boundary.landed:
            since = _published_at(warehouse)
            return measure_landed(connection, checks, settings.sources, since, mappings)
        currency = str(project_vars().get("reporting_currency", ""))
        as_of = Marts(connection, None, currency).as_of()
        baseline = find_baseline(warehouse, settings.sources, as_of)
        if baseline:
            database = warehouse.releases_dir / baseline.release_id / DATABASE_FILE
            connection.execute(f"attach {literal(str(database))} as {BASELINE} (read_only)")
        return measure_marts(Marts(connection, baseline, currency), checks)


def find_baseline(
    warehouse: Warehouse, sources: Sequence[str], as_of: datetime | None
) -> Manifest | None:
    """The release to compare with: the last one that readers had, of the same sources.

    A release that speaks for a later moment is none: the past was rebuilt.
    """
    current = current_release_id(warehouse)
    comparable = [
        release.manifest
        for release in releases(warehouse)
        if release.manifest
        and current is not None
        and release.release_id <= current
        and set(release.manifest.provenance.sources) == set(sources)
        and _is_not_after(release.manifest.provenance.as_of, as_of)
        and (warehouse.releases_dir / release.release_id / DATABASE_FILE).is_file()
    ]
    return comparable[-1] if comparable else None


def _published_at(warehouse: Warehouse) -> datetime | None:
    """Creation time of the current release (UTC); later loads are new."""
    current = current_release(warehouse)
    if current is None or current.manifest is None:
        return None
    return current.manifest.created_at.astimezone(UTC).replace(tzinfo=None)


def _is_not_after(earlier: datetime | None, later: datetime | None) -> bool:
    return earlier is None or later is None or earlier <= later
