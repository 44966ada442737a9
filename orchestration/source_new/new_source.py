"""The folder of a source, proposed from the files of an export and written."""

import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from filecmp import cmp
from os.path import commonpath
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

import duckdb

from orchestration.contract import (
    PROJECT_DIR,
    Origin,
    RawTable,
    available_sources,
    contract_tables,
    mapping_model,
    raw_tables,
)
from orchestration.errors import FunnelError
from orchestration.ingestion.discovery import LandedFile, find_files
from orchestration.source_new.additions import Addition, additions, only_new
from orchestration.source_new.declaration import yml_text
from orchestration.source_new.declared_formats import Formats, formats_of
from orchestration.source_new.exports import Refused, files_of, read_tables
from orchestration.source_new.models import first_changes_text, model_text
from orchestration.source_new.proposal import Proposal, propose
from orchestration.source_new.questions import Open, questions
from orchestration.sql import literal

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
CONTRACT = "files"
"""The source whose raw tables are the tables of the contract."""


class NewSourceError(FunnelError):
    """A source cannot be proposed."""

    exit_code = 2


@dataclass(frozen=True)
class NewSource:
    """What was proposed, and the files that were written or copied into the landing folder."""

    source: str
    folder: Path
    proposal: Proposal
    formats: Formats
    open: tuple[Open, ...]
    written: tuple[Path, ...]
    landed: tuple[Path, ...]
    to_add: tuple[Addition, ...] = ()

    @property
    def refused(self) -> tuple[Refused, ...]:
        """Files that could not be read."""
        return self.proposal.refused


def new_source(
    landing: Path,
    source: str,
    paths: Sequence[Path] = (),
    project_dir: Path = PROJECT_DIR,
    origins: Mapping[str, Origin] = MappingProxyType({}),
) -> NewSource:
    """Write `models/staging/<source>/` with what the files of an export look like.

    Files that lie elsewhere are copied to `<landing>/<source>/` first. Without `paths`, they are
    those that lie there. `origins` says where raw tables were pulled from, by their names.

    Raises:
        NewSourceError: the name is none, or there is no file to look at.
    """
    assert_name(source)
    names, landed = _landed(landing, source, paths)
    declared = {table.name: table for table in _declared(source, project_dir)}
    files = files_of(landing, source, names, list(declared.values())) if landing.is_dir() else []
    if not files:
        raise NewSourceError(
            f"There are no files to look at: name them, or put them into {landing / source}."
        )
    contract = contract_tables()
    proposal = replace(
        proposal_of(files, source, contract, _tables_of(landing, declared.values())),
        origins=origins,
    )
    formats = formats_of(proposal, contract)
    folder = project_dir / "models" / "staging" / source
    yml = folder / f"_{source}__sources.yml"
    asked = tuple(questions(proposal, formats))
    if declared:
        added = additions(proposal, formats, contract, declared, folder)
        _write(added.texts)
        return NewSource(
            source=source,
            folder=folder,
            proposal=only_new(proposal, added),
            formats=formats,
            open=tuple(question for question in asked if question.raw_table in added.tables),
            written=tuple(added.texts),
            landed=tuple(landed),
            to_add=added.to_add,
        )
    texts = {yml: yml_text(proposal, formats, contract)} | {
        folder / f"{mapping_model(source, table)}.sql": model_text(
            proposal, table, formats, contract[table]
        )
        for table in dict.fromkeys(mapping.table for mapping in proposal.mappings)
    }
    if leads := first_changes_text(proposal):
        texts[folder / f"{mapping_model(source, 'leads')}.sql"] = leads
    _write(texts)
    return NewSource(source, folder, proposal, formats, asked, tuple(texts), tuple(landed))


def assert_name(source: str) -> None:
    """Stop before anything is written for a source of this name.

    Raises:
        NewSourceError: it is none, or that of the contract.
    """
    if not NAME.fullmatch(source):
        raise NewSourceError(
            f"'{source}' is no name for a source. Take small letters and digits, with single '_' "
            "between them."
        )
    if source == CONTRACT:
        raise NewSourceError(
            f"'{CONTRACT}' is the contract itself, whose files need no mapping. Take another name."
        )


def _write(texts: Mapping[Path, str]) -> None:
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _declared(source: str, project_dir: Path) -> list[RawTable]:
    return raw_tables(source, project_dir) if source in available_sources(project_dir) else []


def _tables_of(landing: Path, tables: Iterable[RawTable]) -> Mapping[tuple[str, str], str]:
    """The declared table of each file, and of the records of a document."""
    found, _ = find_files(landing, list(tables))
    return {(file.name, file.table.records): file.table.name for file in reversed(found)}


def proposal_of(
    files: Sequence[LandedFile],
    source: str,
    contract: Mapping[str, RawTable],
    declared: Mapping[tuple[str, str], str],
) -> Proposal:
    """What the files of an export look like."""
    with TemporaryDirectory(prefix="source_new_") as folder, duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"set temp_directory = {literal(folder)}")
        tables, refused = read_tables(connection, files, declared)
        if not tables:
            raise NewSourceError(
                "None of the files can be read.\n" + "\n".join(map(_refusal, refused))
            )
        return propose(connection, source, tables, refused, contract)


def _refusal(refused: Refused) -> str:
    return f"  {refused.file}: {refused.why}"


def _landed(landing: Path, source: str, paths: Sequence[Path]) -> tuple[list[str], list[Path]]:
    """The names of the files under the landing folder, and those that were copied there."""
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise NewSourceError(f"There is no file '{missing[0]}'.")
    files = [
        file.resolve()
        for path in paths
        for file in (sorted(path.rglob("*")) if path.is_dir() else [path])
        if file.is_file()
    ]
    landing = landing.resolve()
    outside = [file for file in files if not file.is_relative_to(landing)]
    names = [file.relative_to(landing).as_posix() for file in files if file not in outside]
    copied = []
    top = Path(commonpath([file.parent for file in outside])) if outside else landing
    targets = {file: landing / source / file.relative_to(top) for file in outside}
    for file, target in targets.items():
        if target.exists() and not cmp(file, target, shallow=False):
            raise NewSourceError(
                f"{target} is there already with other content than {file}. Give the new file "
                "another name: a file that replaces a landed one takes its rows' history away."
            )
    for file, target in targets.items():
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
            copied.append(target)
        names.append(target.relative_to(landing).as_posix())
    return names, copied
