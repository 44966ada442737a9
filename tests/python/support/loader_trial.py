"""A landing folder and a work database to try the loader on."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from orchestration.ingestion import LoadReport, MissingTablesError, load

LEADS = "lead_id,created_at\n"
ACTIVITIES = "activity_id,activity_type,occurred_at\n"


@dataclass
class Trial:
    """Files are written with `land`, loaded with `load`, and looked at with `query`."""

    folder: Path
    said: list[str] = field(default_factory=list)

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    @property
    def database(self) -> Path:
        return self.folder / "build" / "warehouse.duckdb"

    def land(self, name: str, content: str | bytes) -> Path:
        path = self.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def load(self, *sources: str) -> LoadReport:
        """A load; a required table without files does not matter here."""
        try:
            return load(
                self.landing,
                self.database,
                sources or ("files",),
                self.said.append,
                keep_out=lambda _: None,
            )
        except MissingTablesError as error:
            return error.report

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.database, read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def error_of(self, name: str) -> str:
        [(error,)] = self.query(
            f"select error from raw_files.landed_files where source_file = '{name}'"
        )
        assert isinstance(error, str)
        return error
