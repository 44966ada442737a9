"""The warehouse folder: where the work database, the releases and the current release lie."""

from dataclasses import dataclass
from pathlib import Path

DATABASE_FILE = "warehouse.duckdb"
"""Name of the work file and of every published file; DuckDB's catalog name follows from it."""


@dataclass(frozen=True)
class Warehouse:
    """The layout under the warehouse folder `root`."""

    root: Path

    @property
    def build_dir(self) -> Path:
        """Folder that one build writes; nobody else opens it."""
        return self.root / "build"

    @property
    def work_database(self) -> Path:
        """The database that is loaded and transformed."""
        return self.build_dir / DATABASE_FILE

    @property
    def work_wal(self) -> Path:
        """DuckDB's write-ahead log of the work database, there while it is open or after a kill."""
        return self.work_database.with_name(f"{DATABASE_FILE}.wal")

    @property
    def replaced_dir(self) -> Path:
        """The work database from before a restore, until what replaces it is published."""
        return self.build_dir / "replaced"

    @property
    def lock_file(self) -> Path:
        """Held by whoever changes the warehouse."""
        return self.build_dir / ".lock"

    @property
    def receipt_file(self) -> Path:
        """Says which state of the work database passed its tests."""
        return self.build_dir / "tested"

    @property
    def audit_dir(self) -> Path:
        """Results of the audits, a folder per boundary."""
        return self.root / "audit"

    @property
    def extraction_dir(self) -> Path:
        """What pulls remember: how far each source was pulled, and what is not landed yet."""
        return self.root / "extraction"

    @property
    def erasures_dir(self) -> Path:
        """Register of erased persons for later loads; outlives every database."""
        return self.root / "erasures"

    @property
    def releases_dir(self) -> Path:
        """One folder per published release."""
        return self.root / "releases"

    @property
    def current(self) -> Path:
        """Link to the folder of the release that readers get."""
        return self.root / "current"

    @property
    def current_database(self) -> Path:
        """The path to give to a reader; it stays the same from release to release."""
        return self.current / DATABASE_FILE
