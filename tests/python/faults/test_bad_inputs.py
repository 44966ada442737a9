"""A whole build over the bad inputs, and a restore of it: nothing is lost, nothing bad passes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pytest
from support.bad_inputs import REFUSED, STRANGE_NAMES, TAKEN, Taken, leads

from orchestration.build.build import build
from orchestration.build.restore import restore
from orchestration.releases import Manifest, verify
from orchestration.warehouse.paths import Warehouse
from simulator import SimulationConfig, simulate

# the audit rightly stops at rows from the future, which the corpus has on purpose
ACCEPTED = ("landed.files.leads.future_rows.created_at",)

MOMENT_OF_LOADING = ("loaded_at",)

DIGITS = 6
"""Decimals that doubles must share: the order in which threads add differs from run to run."""
NO_TIE = 1.234567e-8
"""Moves means of whole seconds off the middle between two decimals, where that order would show."""


@dataclass(frozen=True)
class Corpus:
    """The bad inputs among the files of a simulated company, built."""

    landing: Path
    warehouse: Warehouse
    query: Callable[..., list[tuple[Any, ...]]]

    def work(self, sql: str) -> list[tuple[Any, ...]]:
        return self.query(self.warehouse.work_database, sql)


@pytest.fixture(scope="module")
def corpus(
    tmp_path_factory: pytest.TempPathFactory,
    build_warehouse: Callable[..., Warehouse],
    query: Callable[..., list[tuple[Any, ...]]],
) -> Corpus:
    folder = tmp_path_factory.mktemp("corpus")
    landing = folder / "landing"
    simulate(SimulationConfig(leads=200, months=6), landing)
    for name, bad in (REFUSED | TAKEN).items():
        content = bad.content
        data = content.encode() if isinstance(content, str) else content
        (landing / "leads" / name).write_bytes(data)
    for number, name in enumerate(STRANGE_NAMES):
        text = leads(f"strange-{number}", "2024-01-01")
        (landing / "leads" / name).write_text(text, encoding="utf-8")
    (landing / "leads" / "escape.csv").symlink_to("/etc/passwd")
    make = partial(build, accepted=ACCEPTED)
    return Corpus(
        landing, build_warehouse(landing, folder / "warehouse", "files", make=make), query
    )


def outcomes(corpus: Corpus, name: str) -> tuple[Any, ...]:
    found = corpus.work(
        "select error, staged_rows, superseded_rows, quarantined_rows + unreadable_rows,"
        f" nulled_rows, landed_rows from core.fct_landed_files where source_file = $${name}$$"
    )
    assert len(found) == 1, name
    return found[0]


def test_there_are_as_many_bad_inputs_as_promised() -> None:
    assert len(REFUSED) + len(TAKEN) + len(STRANGE_NAMES) >= 80


@pytest.mark.parametrize("name", REFUSED)
def test_refused_file_is_listed_with_its_error(corpus: Corpus, name: str) -> None:
    error, *rows = outcomes(
        corpus, f"leads/{name}{REFUSED[name].member}".replace("\udcff", "\\udcff")
    )
    assert all(part in error for part in REFUSED[name].message)
    assert rows == [0, 0, 0, 0, 0]


@pytest.mark.parametrize("name", TAKEN)
def test_rows_are_staged_or_quarantined_with_their_reason(corpus: Corpus, name: str) -> None:
    expected: Taken = TAKEN[name]
    error, staged, superseded, quarantined, nulled, landed = outcomes(corpus, f"leads/{name}")
    assert error is None
    reasons = corpus.work(
        "select reason from quarantine.quarantined_rows"
        f" where raw_table = 'leads' and source_file = 'leads/{name}' order by source_row"
    )
    assert len(reasons) == len(expected.reasons), reasons
    for (reason,), part in zip(reasons, expected.reasons, strict=True):
        assert part in reason
    assert (staged, superseded, quarantined) == (expected.staged, 0, len(expected.reasons))
    assert landed == staged + quarantined
    assert nulled == expected.nulled


@pytest.mark.parametrize("name", STRANGE_NAMES)
def test_name_of_a_file_does_nothing(corpus: Corpus, name: str) -> None:
    assert outcomes(corpus, f"leads/{name}") == (None, 1, 0, 0, 0, 1)
    assert not list(Path.cwd().glob("pwned"))


def test_link_out_of_the_landing_folder_is_not_followed(corpus: Corpus) -> None:
    assert (
        corpus.work("select 1 from raw_files.leads where _source_file = 'leads/escape.csv'") == []
    )


def test_every_landed_row_is_accounted_for(corpus: Corpus) -> None:
    [(files, landed, accounted)] = corpus.work(
        "select count(*), sum(landed_rows), sum(used_rows + left_out_rows + unreadable_rows)"
        " from core.fct_landed_files where error is null"
    )
    assert files > len(TAKEN) + len(STRANGE_NAMES)
    assert landed == accounted
    assert corpus.work("select * from marts.mart_reconciliation where not is_held") == []


def test_published_words_are_those_that_landed_in_the_one_spelling_of_words(corpus: Corpus) -> None:
    with duckdb.connect(str(corpus.warehouse.current_database), read_only=True) as connection:
        channels = connection.execute(
            "select lead_id, channel"
            " from core.dim_leads inner join core.dim_persons using (person_key)"
            " where lead_id in ('formulas-1', 'formulas-2', 'sql-1', 'jinja-1', 'markup-1')"
            " order by 1"
        ).fetchall()
    assert channels == [
        ("formulas-1", '=hyperlink("http://evil.example","x")'),
        ("formulas-2", "=cmd|'_/c_calc'!a0"),
        ("jinja-1", "{{_env_var('home')_}}"),
        ("markup-1", "<script>alert(1)</script>"),
        ("sql-1", "');_drop_table_raw_files.leads;"),
    ]


def test_raw_text_of_a_quarantined_row_is_what_was_landed(corpus: Corpus) -> None:
    texts = corpus.work("select raw_text from quarantine.quarantined_rows")
    assert texts
    assert not [text for (text,) in texts if '"_file_id"' in text or '"_dlt_load_id"' in text]
    [(enum,)] = corpus.work(
        "select raw_text->>'origin_owner' from quarantine.quarantined_rows"
        " where source_file = 'leads/enum.csv'"
    )
    assert enum == "aliens"


def test_restore_gives_the_same_marts(
    corpus: Corpus, build_warehouse: Callable[..., Warehouse], tmp_path: Path
) -> None:
    before = verify(corpus.warehouse.current)
    kept = tmp_path / "warehouse.duckdb"
    kept.write_bytes(corpus.warehouse.current_database.read_bytes())
    with corpus.warehouse.work_database.open("r+b") as database:
        database.write(b"not a database any more")
    build_warehouse(
        corpus.landing, corpus.warehouse.root, "files", make=partial(restore, accepted=ACCEPTED)
    )

    after = verify(corpus.warehouse.current)
    assert after.release_id > before.release_id
    assert after.tables == before.tables
    assert differences(kept, corpus.warehouse.current_database, before) == []
    assert not corpus.warehouse.replaced_dir.exists()


def differences(before: Path, after: Path, manifest: Manifest) -> list[str]:
    """Tables that differ in more than the moment of loading and the last digits of a sum."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{before}' as before (read_only)")
        connection.execute(f"attach '{after}' as after (read_only)")
        found = []
        for name, table in manifest.tables.items():
            columns = ", ".join(
                f"round({column} + {NO_TIE}, {DIGITS})" if data_type == "DOUBLE" else column
                for column, data_type in table.columns.items()
                if column not in MOMENT_OF_LOADING
            )
            [(rows,)] = connection.execute(
                f"select count(*) from ((select {columns} from before.{name}"
                f" except all select {columns} from after.{name})"
                f" union all (select {columns} from after.{name}"
                f" except all select {columns} from before.{name}))"
            ).fetchall()
            found += [name] * (rows > 0)
    return found
