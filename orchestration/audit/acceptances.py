"""Memory of what was accepted: a failure that somebody called right blocks no later build.

An acceptance holds until something else is loaded: of a landed table until it has another file, of
the marts until any table has one. It does not cover marts whose figure has changed, as after a
change of a rule.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import duckdb
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from orchestration.audit.figures import Figure
from orchestration.audit.loads import file_ids_by_table
from orchestration.audit.thresholds import Boundary, Threshold
from orchestration.warehouse.paths import Warehouse


class Acceptance(BaseModel):
    """What a check was accepted for: the loaded files (a digest), and the figure of the marts."""

    model_config = ConfigDict(frozen=True)

    files: str
    figure: float | None
    accepted_at: datetime


_FILE = TypeAdapter(dict[str, Acceptance])


class Acceptances:
    """The acceptances of one warehouse, `audit/accepted.json`: by the name of the check."""

    def __init__(self, warehouse: Warehouse, sources: Sequence[str]) -> None:
        self._path = warehouse.audit_dir / "accepted.json"
        self._given = self._read()
        with duckdb.connect(str(warehouse.work_database), read_only=True) as connection:
            self._files = {
                f"{source}.{table}": ids
                for source in sources
                for table, ids in file_ids_by_table(connection, source).items()
            }

    def hold_for(self, row: Threshold, figure: Figure) -> bool:
        """True if the failure of a check with this figure was accepted and nothing has changed."""
        given = self._given.get(row.name)
        return (
            given is not None
            and given.files == self._digest(row)
            and (row.boundary == Boundary.landed or given.figure == figure.value)
        )

    def remember(self, row: Threshold, figure: Figure) -> None:
        """Keep that the failure of a check with this figure is as it should be."""
        self._given[row.name] = Acceptance(
            files=self._digest(row), figure=figure.value, accepted_at=datetime.now(UTC)
        )
        unfinished = self._path.with_suffix(".tmp")
        unfinished.write_bytes(_FILE.dump_json(self._given, indent=2))
        unfinished.replace(self._path)

    def _digest(self, row: Threshold) -> str:
        # what a mapping makes, and the marts, rest on more than one raw table
        tables = [row.table] if row.table in self._files else sorted(self._files)
        ids = [(table, self._files.get(table, [])) for table in tables]
        return hashlib.sha256(repr(ids).encode()).hexdigest()

    def _read(self) -> dict[str, Acceptance]:
        try:
            return _FILE.validate_json(self._path.read_bytes())
        except (FileNotFoundError, ValidationError):
            # without its memory the audit asks again, which is safe
            return {}
