"""What a source that is there already lacks: new tables and columns, added to what it has."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from orchestration.contract import (
    LEDGER_TABLE,
    RawTable,
    mapping_model,
    source_format,
    source_words,
)
from orchestration.source_new.declaration import column_line, flow, model_lines, table_lines
from orchestration.source_new.declared_formats import Formats
from orchestration.source_new.exports import ReadTable
from orchestration.source_new.guesses import Guess
from orchestration.source_new.models import expression_of, model_text
from orchestration.source_new.proposal import Proposal
from orchestration.text import printable


@dataclass(frozen=True)
class Addition:
    """Lines that belong into a file that only its owner edits."""

    place: str
    text: str


@dataclass(frozen=True)
class Additions:
    """What is new in an export: the files to write, by path, and what is left to the owner."""

    texts: Mapping[Path, str]
    to_add: tuple[Addition, ...]
    tables: frozenset[str]
    """Raw tables that are new."""
    columns: frozenset[tuple[str, str]]
    """New columns of raw tables that are not."""


def additions(
    proposal: Proposal,
    formats: Formats,
    contract: Mapping[str, RawTable],
    declared: Mapping[str, RawTable],
    folder: Path,
) -> Additions:
    """What a proposal has beside the `declared` tables and the models in the folder."""
    source = proposal.source
    columns = {
        (table.name, column): column_line(
            proposal,
            table,
            proposal.profiles[table.name][column],
            formats,
            contract,
            is_new=True,
        )
        for table in proposal.tables
        if table.name in declared
        for column, header in table.headers.items()
        if declared[table.name].column_of(header) not in declared[table.name].column_names
    }
    new = [table for table in proposal.tables if table.name not in declared]
    models = {path.stem for path in folder.glob("*.sql")}
    taken = [
        mapping
        for mapping in proposal.mappings
        if mapping.raw in new and mapping_model(source, mapping.table) in models
    ]
    kept = replace(
        proposal,
        mappings=tuple(mapping for mapping in proposal.mappings if mapping not in taken),
        unplaced=(*proposal.unplaced, *(mapping.raw for mapping in taken)),
    )
    filled = {
        mapping.table: f"One row per landed row of `{mapping.raw.name}`."
        for mapping in kept.mappings
        if mapping.raw in new
    }
    yml = folder / f"_{source}__sources.yml"
    texts = {
        folder / f"{mapping_model(source, table)}.sql": model_text(
            kept, table, formats, contract[table]
        )
        for table in filled
    }
    if columns or new:
        texts[yml] = _with_lines(
            yml.read_text(encoding="utf-8"),
            source,
            {t: [line for (of, _), line in columns.items() if of == t] for t, _ in columns},
            [list(table_lines(kept, table, formats, contract)) for table in new],
            [line for table, text in filled.items() for line in model_lines(source, table, text)],
        )
    return Additions(
        texts=texts,
        to_add=(
            *(_for_source(yml, source, proposal, formats) if columns or new else ()),
            *_for_models(proposal, new, list(columns), folder),
        ),
        tables=frozenset(table.name for table in new),
        columns=frozenset(columns),
    )


def only_new(proposal: Proposal, added: Additions) -> Proposal:
    """The part of a proposal that is about what was added."""
    mappings = [
        replace(
            mapping,
            columns={
                name: guess
                for name, guess in mapping.columns.items()
                if mapping.raw.name in added.tables
                or any((mapping.raw.name, raw) in added.columns for raw in guess.raw_columns)
            },
        )
        for mapping in proposal.mappings
    ]
    return replace(proposal, mappings=tuple(m for m in mappings if m.columns))


def _for_source(yml: Path, source: str, proposal: Proposal, formats: Formats) -> Iterator[Addition]:
    """Formats and words that the yml lacks: what stands there may hold for other columns."""
    project_dir = yml.parents[3]
    known_format, known_words = (
        source_format(source, project_dir),
        source_words(source, project_dir),
    )
    missing = {
        name: value
        for name, value in formats.source.items()
        if name != "time_zone"
        and (
            not {*value} <= {*known_format.get(name, ())}
            if isinstance(value, list)
            else known_format.get(name) != value
        )
    }
    if missing:
        yield Addition(f"{yml.name}, format", f"    {flow(missing)}")
    for place, words in proposal.words.guessed.items():
        more = {word: m for word, m in words.items() if word not in known_words.get(place, {})}
        if more:
            yield Addition(f"{yml.name}, words", f"    {place}: {flow(more)}")


def _for_models(
    proposal: Proposal, new: Sequence[ReadTable], columns: Sequence[tuple[str, str]], folder: Path
) -> Iterator[Addition]:
    """Lines for models that are there: they may have been edited, and are left alone."""
    for mapping in proposal.mappings:
        model = folder / f"{mapping_model(proposal.source, mapping.table)}.sql"
        if not model.exists():
            continue
        guesses: list[Guess] = [
            guess
            for guess in mapping.columns.values()
            if mapping.raw in new
            or any((mapping.raw.name, raw) in columns for raw in guess.raw_columns)
        ]
        if guesses:
            where = f"{model.name}, of {mapping.raw.name}" if mapping.raw in new else model.name
            lines = [
                f"    '{guess.column}': {expression_of(guess)},  guess: {printable(guess.reason)}"
                for guess in guesses
            ]
            yield Addition(where, "\n".join(lines))


def _with_lines(
    text: str,
    source: str,
    columns: Mapping[str, Sequence[str]],
    tables: Sequence[Sequence[str]],
    models: Sequence[str],
) -> str:
    """The yml with more columns, tables and models; what stands there stays as it is."""
    root: Any = yaml.compose(text, yaml.CSafeLoader)
    lines = text.splitlines()
    of_tables = _value(_entry(_value(root, "sources"), source), "tables")
    last = [table for table in of_tables.value if _name(table) != LEDGER_TABLE][-1]
    # of two places behind one line, what is inserted last stands first
    inserted = [
        (_last_line(last), of_tables.start_mark.column, ["", "# new", *_moved(added)])
        for added in reversed(tables)
    ]
    inserted += [
        (_last_line(of_columns), of_columns.start_mark.column, ["# new", *_moved(added)])
        for name, added in columns.items()
        for of_columns in [_value(_entry(of_tables, name), "columns")]
    ]
    has_models = any(name.value == "models" for name, _ in root.value)
    if models and has_models:
        listed = _value(root, "models")
        inserted.append((_last_line(listed), listed.start_mark.column, ["", *_moved(models)]))
    for line, indent, added in sorted(inserted, key=lambda place: -place[0]):
        lines[line + 1 : line + 1] = [f"{' ' * indent}{text}" if text else "" for text in added]
    if models and not has_models:
        lines += ["", "models:", *models]
    return "\n".join(lines) + "\n"


def _moved(lines: Sequence[str]) -> Iterator[str]:
    """Lines without the indent of the first."""
    indent = len(lines[0]) - len(lines[0].lstrip())
    return (line[indent:] for line in lines)


def _value(node: Any, key: str) -> Any:
    return next(value for name, value in node.value if name.value == key)


def _entry(nodes: Any, name: str) -> Any:
    return next(node for node in nodes.value if _name(node) == name)


def _name(node: Any) -> str:
    return str(_value(node, "name").value)


def _last_line(node: Any) -> int:
    if isinstance(node, yaml.ScalarNode):
        # a block scalar ends where the next line begins
        return int(node.end_mark.line - (node.end_mark.column == 0))
    if node.flow_style or not node.value:
        return int(node.end_mark.line)
    last = node.value[-1]
    return _last_line(last[1] if isinstance(last, tuple) else last)
