"""The yml of a proposed source as text: what lands, how it is written, and what its words mean."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from orchestration.contract import LEDGER_TABLE, SQL_DATABASE, Column, RawTable, mapping_model
from orchestration.source_new.declared_formats import Formats
from orchestration.source_new.exports import ReadTable
from orchestration.source_new.models import first_changes_text
from orchestration.source_new.personal import kind_of
from orchestration.source_new.profile import Profile
from orchestration.source_new.proposal import Proposal
from orchestration.source_new.text import without_braces
from orchestration.text import printable

HEAD = """\
# Proposed by `funnel source new`. A line with `guess:` says what something is taken for, one with
# `open:` what the files do not say. Correct both, and take away what you have looked at.
version: 2

sources:
  - name: {source}
    schema: raw_{source}
    description: "The export {source}."
"""
TAIL = f"""\
      - name: {LEDGER_TABLE}
        description: "One row per file that was loaded or refused. Written by the loader."

models:
"""
UNPLACED = "open: which table of the contract is it, if any? Until then none of its rows counts."


def yml_text(proposal: Proposal, formats: Formats, contract: Mapping[str, RawTable]) -> str:
    """The yml of the source."""
    lines = []
    meta = [
        *([f"        extract: {SQL_DATABASE}"] if proposal.origins else []),
        *_format_lines(formats),
        *_word_lines(proposal),
    ]
    if any(not line.lstrip().startswith("#") for line in meta):
        lines += ["    config:", "      meta:"]
    lines += [*meta, "    tables:"]
    for table in proposal.tables:
        lines += [*table_lines(proposal, table, formats, contract), ""]
    models = [
        "\n".join(model_lines(proposal.source, name, f"One row per landed row of {raw}.")) + "\n"
        for name in dict.fromkeys(mapping.table for mapping in proposal.mappings)
        for raw in [", ".join(f"`{m.raw.name}`" for m in proposal.mappings if m.table == name)]
    ]
    if first_changes_text(proposal):
        described = "One row per lead in the landed status changes: the first of them."
        models.append("\n".join(model_lines(proposal.source, "leads", described)) + "\n")
    body = "\n".join(lines) + "\n"
    return HEAD.format(source=proposal.source) + body + TAIL + "\n".join(models)


def model_lines(source: str, table: str, description: str) -> list[str]:
    """The lines that describe a model."""
    return [
        f"  - name: {mapping_model(source, table)}",
        f'    description: "{description}"',
    ]


def _format_lines(formats: Formats) -> Iterator[str]:
    for question in (*formats.questions, formats.of_zone):
        if question:
            yield f"        # open: {without_braces(question)}"
    if formats.source:
        yield f"        format: {flow(formats.source)}"


def _word_lines(proposal: Proposal) -> Iterator[str]:
    words = proposal.words
    places = dict.fromkeys([*words.guessed, *words.unknown])
    if not places:
        return
    if any(words.guessed.values()):
        yield "        words:"
    for place in places:
        for word, rows in words.unknown.get(place, {}).items():
            said = without_braces(word)
            yield f"          # open: {place}: what does '{said}' mean? ({rows:,} rows)"
        if guessed := words.guessed.get(place):
            yield "          # guess: by the vocabulary of words"
            yield f"          {place}: {flow(guessed)}"


def table_lines(
    proposal: Proposal,
    table: ReadTable,
    formats: Formats,
    contract: Mapping[str, RawTable],
) -> Iterator[str]:
    """The declaration of a raw table."""
    mappings = proposal.mappings_of(table.name)
    meta: dict[str, Any] = {"files": table.pattern}
    if table.records:
        meta["records"] = table.records
    origin = proposal.origins.get(table.name)
    if origin:
        meta["origin"] = {key: value for key, value in asdict(origin).items() if value}
    if any(mapping.table == "leads" for mapping in mappings):
        meta["required"] = True
    if table.name in proposal.lookups:
        meta["role"] = "lookup"
    filled = ", ".join(mapping.table for mapping in mappings)
    yield f"      - name: {table.name}"
    yield f'        description: "One row per landed row of {table.name}."'
    if table in proposal.unplaced:
        yield f"        # {UNPLACED}"
        meta["left_out"] = [{"reason": "Not mapped yet.", "when": "true"}]
    elif filled:
        yield f"        # guess: {filled}"
    else:
        yield "        # guess: says what ids of other tables mean"
    if origin and origin.cursor:
        yield f"        # guess: {without_braces(origin.cursor)} grows whenever a row changes"
    yield f"        config: {{meta: {flow(meta)}}}"
    yield "        columns:"
    for profile in proposal.profiles[table.name].values():
        yield column_line(proposal, table, profile, formats, contract)


def column_line(
    proposal: Proposal,
    table: ReadTable,
    profile: Profile,
    formats: Formats,
    contract: Mapping[str, RawTable],
    *,
    is_new: bool = False,
) -> str:
    """The declaration of a raw column, with what it is taken for.

    One that `is_new` in its table is not required: the files before it lack it.
    """
    uses = [
        (
            mapping.table,
            guess,
            next(c for c in contract[mapping.table].columns if c.name == guess.column),
        )
        for mapping in proposal.mappings_of(table.name)
        for guess in mapping.columns.values()
        if profile.name in guess.raw_columns and guess.expression != "row_id"
    ]
    own = dict(formats.columns.get((table.name, profile.name), {}))
    meta: dict[str, Any] = {"format": own} if own else {}
    if kind := kind_of(profile, [column for _, _, column in uses]):
        meta["pii"] = True if kind == "personal" else kind
    if not is_new and any(
        column.is_required and guess.expression == profile.name for _, guess, column in uses
    ):
        meta["required"] = True
    declared: dict[str, Any] = {
        "name": profile.name,
        "data_type": _data_type(profile, [c for _, g, c in uses if g.expression == profile.name]),
        "description": without_braces(profile.header),
    }
    if meta:
        declared["config"] = {"meta": meta}
    places = [f"{name}.{guess.column}" for name, guess, _ in uses]
    if any(
        lookup.column == profile.name
        for m in proposal.mappings_of(table.name)
        for lookup in m.lookups
    ):
        places = places or ["ids of a lookup"]
    note = f"guess: {', '.join(places)}" if places else "not mapped"
    return f"          - {flow(declared)}  # {note}"


def _data_type(profile: Profile, columns: Sequence[Column]) -> str:
    if columns:
        return columns[0].data_type
    if profile.moments and profile.moments.read_share > 0.9:
        return "timestamp" if profile.moments.has_times else "date"
    return "string"


def flow(value: Any) -> str:
    """A value as YAML in one line, as its neighbours write it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(k)}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    is_plain = (
        text.replace("_", "a").replace("/", "a").isalnum() and text[0].isalpha() and text.isascii()
    )
    if is_plain and text.lower() not in (
        "true",
        "false",
        "null",
        "yes",
        "no",
        "on",
        "off",
        "y",
        "n",
    ):
        return text
    return json.dumps(printable(text), ensure_ascii=False)
