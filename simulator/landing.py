"""Rows to files in the contract's shape: what is known by then, with its dirt."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from orchestration.contract import RawTable, contract_tables
from simulator.clocks import NEVER, Bools, Ints, Stream, random_stream
from simulator.config import SimulationConfig, Window
from simulator.dirt import DIRT, Dirt


@dataclass(frozen=True)
class Rows:
    """Some rows of a contract table, as text, in the state of the end of the window.

    `known_at` is when a row (or its first version) became known, `changed_at` when its present
    version did. Both are given for all rows of the company, whatever the window, so that chance
    falls on the same rows in every batch.
    """

    table: str
    columns: Mapping[str, pa.Array]
    known_at: Ints
    changed_at: Ints | None = None
    is_dirty: bool = True
    """False keeps these rows clean."""

    def written(self, window: Window) -> Bools:
        """The rows that a window writes."""
        changed_at = self.known_at if self.changed_at is None else self.changed_at
        return is_known(self.known_at, window) & (changed_at >= _known_from(window))

    def first_written(self, window: Window) -> Bools:
        """The rows whose first version a window writes."""
        return is_known(self.known_at, window) & (self.known_at >= _known_from(window))


def is_known(moments: Ints, window: Window) -> Bools:
    """True for what has happened by the end of the window."""
    return np.asarray(moments < window.known_until)


def _known_from(window: Window) -> int:
    return -int(NEVER) if window.known_from is None else window.known_from


class TableFile:
    """A file of one table, written in chunks.

    It appears under its name when the block is left; an exception leaves nothing behind. Without
    rows there is no file, and one of that name is taken away.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.row_count = 0
        self._partial = path.with_name(path.name + ".partial")
        self._writer: Any = None

    def write(self, rows: pa.Table) -> None:
        """Append rows."""
        if rows.num_rows == 0:
            return
        if self._writer is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.suffix == ".csv":
                self._writer = pa.csv.CSVWriter(self._partial, rows.schema)
            else:
                self._writer = pa.parquet.ParquetWriter(self._partial, rows.schema)
        self._writer.write_table(rows)
        self.row_count += rows.num_rows

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._writer is not None:
            self._writer.close()
        if kind is not None:
            self._partial.unlink(missing_ok=True)
        elif self._writer is None:
            self.path.unlink(missing_ok=True)
        else:
            self._partial.replace(self.path)


@dataclass
class Landing:
    """The files of one run. Leaving it by an exception leaves no file of the run behind."""

    out: Path
    config: SimulationConfig
    dirty: dict[str, Counter[str]] = field(default_factory=dict)
    """Dirty rows of the whole company, by table and kind."""
    dirty_written: dict[str, Counter[str]] = field(default_factory=dict)
    """Dirty rows of this run, by table and kind."""

    def __post_init__(self) -> None:
        self.window = Window.of(self.config)
        self._tables: dict[str, RawTable] = contract_tables()
        self._rng = {
            name: random_stream(self.config.seed, Stream.DIRT, number)
            for number, name in enumerate(self._tables)
        }
        period = f"{self.config.first_day}_{self.config.last_day}"
        self.files = {
            name: TableFile(self.out / name / f"{name}_{period}.{self.config.file_format}")
            for name in self._tables
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for file in self.files.values():
            file.__exit__(kind, error, trace)

    def write(self, rows: Rows) -> None:
        """Write those rows that the window holds, and the dirt among them."""
        table = self._table(rows)
        written, first_written = rows.written(self.window), rows.first_written(self.window)
        extra = []
        is_clean = np.ones(table.num_rows, dtype=np.bool_)
        for dirt in DIRT[rows.table] if rows.is_dirty else ():
            chosen = self._chosen(rows.table, dirt.kind, table.num_rows)
            chosen = chosen[is_clean[chosen]]
            self._count(self.dirty, rows.table, dirt, len(chosen))
            if dirt.in_place:
                is_clean[chosen] = False
                table = dirt.soiled_in_place(table, chosen)
                self._count(self.dirty_written, rows.table, dirt, int(written[chosen].sum()))
            else:
                chosen = chosen[first_written[chosen]]
                extra.append(dirt.soiled(table.take(chosen), self._tables[rows.table].key))
                self._count(self.dirty_written, rows.table, dirt, len(chosen))
        if not written.all():
            table = table.filter(pa.array(written))
        self.files[rows.table].write(pa.concat_tables([table, *extra]))

    def _table(self, rows: Rows) -> pa.Table:
        names = self._tables[rows.table].column_names
        unknown = set(rows.columns) - set(names)
        if unknown:
            raise KeyError(f"The contract's table {rows.table} has no column {sorted(unknown)}.")
        nulls = pa.nulls(len(rows.known_at), pa.string())
        return pa.table([rows.columns.get(name, nulls) for name in names], names=names)

    def _chosen(self, table: str, kind: str, count: int) -> Ints:
        share = self.config.dirty_share / len(DIRT[table])
        rng = self._rng[table]
        # the first row of a kind is certain, so that a small company has every kind too
        is_first = share > 0 and not self.dirty.get(table, Counter())[kind]
        expected = max(rng.binomial(count, share), int(is_first))
        return np.sort(rng.choice(count, min(expected, count), replace=False))

    def _count(self, counts: dict[str, Counter[str]], table: str, dirt: Dirt, count: int) -> None:
        counts.setdefault(table, Counter())[dirt.kind] += count
