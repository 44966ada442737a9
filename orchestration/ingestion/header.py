"""The header of a landed file: its names, and the raw columns that they land in."""

from dataclasses import dataclass
from difflib import get_close_matches

from orchestration.contract import RawTable
from orchestration.loaders import known_columns

LIKENESS = 0.75
"""How alike two names are before one is taken for a slip of the pen of the other (0 to 1)."""


@dataclass(frozen=True)
class Header:
    """The names in the header of a file of `table`, and the raw column that each lands in."""

    table: RawTable
    names: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def has_known_columns(self) -> bool:
        """True if any of its columns is declared; without one it is likely no header."""
        return not {*self.columns}.isdisjoint(self.table.column_names)

    @property
    def near_names(self) -> dict[str, str]:
        """For declared columns that it lacks, the nearest of its names that are not declared."""
        spare = {
            column: name
            for name, column in zip(self.names, self.columns, strict=True)
            if column not in self.table.column_names and column not in known_columns()
        }
        return {
            column.name: spare[near[0]]
            for column in self.table.columns
            if column.name not in self.columns
            for known in (column.name, *column.aliases)
            if (near := get_close_matches(known, spare, n=1, cutoff=LIKENESS))
        }
