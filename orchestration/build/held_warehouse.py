"""A warehouse whose lock this process holds: all that may change it are methods of this type."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.build.mappings import compiled_for
from orchestration.build.personal_columns import assert_personal_columns_are_declared
from orchestration.build.previous_release import record, recorded_provenance
from orchestration.build.provenance import provenance_of
from orchestration.contract import PROJECT_DIR, raw_tables
from orchestration.declarations import model_keys
from orchestration.erasure import (
    Finding,
    Register,
    carry_out,
    is_waiting,
    keep_out,
    note_published,
    search_by_tombstones,
)
from orchestration.errors import FunnelError
from orchestration.releases import Manifest, PublishError, current_release_id, publish
from orchestration.settings import Settings
from orchestration.warehouse.lock import exclusive
from orchestration.warehouse.paths import Warehouse
from orchestration.warehouse.work_database import as_of, is_certified, make_ready, receipt

if TYPE_CHECKING:
    from orchestration.ingestion import LoadReport


class UntestedError(FunnelError):
    """The work database is not in a state that passed its tests and audits."""


class HeldWarehouse(Warehouse):
    """The warehouse, while nobody else changes it; `hold` gives it."""

    def extract(
        self,
        settings: Settings,
        echo: Callable[[str], None] = lambda _: None,
        sources: Sequence[str] | None = None,
    ) -> None:
        """Pull what lies elsewhere into the landing folder, of `sources` (None = all that are on).

        Raises:
            ExtractionError: a source cannot be pulled; what others pulled is landed.
        """
        from orchestration.extraction import extract  # noqa: PLC0415  (dlt takes seconds to import)

        extract(settings, sources, echo)

    def load(
        self,
        settings: Settings,
        echo: Callable[[str], None] = lambda _: None,
        sources: Sequence[str] | None = None,
    ) -> "LoadReport":
        """Load what is new of `sources` (None = all that are on).

        Persons whose erasure was requested are removed before the load, and after it where a file
        brought them back.

        Raises:
            FunnelError: a required input is missing, a personal column is not declared, or the work
                database cannot be used.
        """
        from orchestration.ingestion import load  # noqa: PLC0415  (dlt takes seconds to import)

        make_ready(self)
        copies = partial(self._renew_copies, settings)
        mappings = compiled_for(settings)
        carry_out(self, mappings, echo, copies)
        assert_personal_columns_are_declared(settings, sources or settings.sources)
        report = load(
            settings.landing,
            self.work_database,
            sources or settings.sources,
            echo,
            keep_out=partial(keep_out, self, mappings, echo),
        )
        carry_out(self, mappings, echo, copies)
        return report

    def let_exports_delete(self, settings: Settings) -> None:
        """Delete what whole exports lack, from now on: the audit of the landed tables passed."""
        from orchestration.ingestion import let_exports_delete  # noqa: PLC0415  (imports pyarrow)

        tables = [table for source in settings.sources for table in raw_tables(source)]
        let_exports_delete(self.work_database, tables)

    def record_previous_release(
        self, settings: Settings, project_dir: Path = PROJECT_DIR, *, with_release: bool = True
    ) -> str | None:
        """Copy what the models compare with from the current release; a notice if it is lost."""
        return record(
            self,
            provenance_of(settings, project_dir),
            with_release=with_release,
            memory=settings.memory,
            project_dir=project_dir,
        )

    def publish(
        self,
        settings: Settings,
        project_dir: Path = PROJECT_DIR,
        *,
        make_current: bool = True,
        force: bool = False,
    ) -> Manifest:
        """Publish the work database as the last build left it.

        Raises:
            UntestedError: it changed after its last tested build, or that build failed; `force`
                publishes all the same, unless an erasure is waiting.
            PublishError: there is no work database.
        """
        if not self.work_database.is_file():
            raise PublishError(
                f"There is no work database {self.work_database}. Run `funnel build` first."
            )
        if is_waiting(self):
            raise UntestedError(
                "A request for erasure is pending, and the work database still holds "
                "the person. Run `funnel build`."
            )
        certified = is_certified(self)
        if not force and not certified:
            raise UntestedError(
                f"{self.work_database} is not as a successful `funnel build` left it, so "
                "it is not certain that it passes its tests and audits. Run `funnel build`, or "
                "publish it as it is with --force."
            )
        made_from = recorded_provenance(self.work_database) or provenance_of(settings)
        manifest = publish(
            self,
            keep=settings.keep,
            provenance=made_from.model_copy(update={"as_of": as_of(self.work_database)}),
            keys=model_keys(project_dir),
            parquet=settings.parquet,
            make_current=make_current,
            memory=settings.memory,
            checks=receipt(self).checks if certified else None,
        )
        note_published(self)
        # what a restore replaced is of no use once something newer is published
        shutil.rmtree(self.replaced_dir, ignore_errors=True)
        return manifest

    def close_erasures(self, settings: Settings) -> list[Finding]:
        """Complete the requests for erasure that are published, unless a search finds something."""
        register = Register(self)
        unpublished = register.open_requests("published")
        waiting = [
            request_id
            for request_id in register.open_requests("completed")
            if request_id not in unpublished
        ]
        if not waiting:
            return []
        findings = self.search_for_erased(settings, register)
        if not findings:
            for request_id in waiting:
                register.record("completed", request_id)
        return findings

    def search_for_erased(self, settings: Settings, register: Register) -> list[Finding]:
        """Every place that still names a person whose erasure was requested."""
        return search_by_tombstones(self, register, compiled_for(settings))

    def _renew_copies(self, settings: Settings) -> None:
        """Bring the current release, which an erasure has rewritten, to PostgreSQL if it has it."""
        from orchestration.releases.postgres import Target, sync  # noqa: PLC0415

        target = Target.of(settings)
        if target is not None and current_release_id(self) is not None:
            sync(self, target)


@contextmanager
def hold(root: Path, command: str) -> Iterator[HeldWarehouse]:
    """Hold the lock of the warehouse folder `root`; `command` is what another process is told.

    Raises:
        WarehouseLockedError: another process holds it.
        WarehouseNotWritableError: the folder cannot be made or written.
    """
    warehouse = HeldWarehouse(root)
    with exclusive(warehouse, command):
        yield warehouse
