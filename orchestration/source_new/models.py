"""The models of a proposed source as text: one for each contract table that it fills."""

import json
from collections.abc import Iterable, Iterator, Sequence

from orchestration.contract import RawTable
from orchestration.source_new.declared_formats import Formats
from orchestration.source_new.exports import ReadTable
from orchestration.source_new.guesses import Guess
from orchestration.source_new.mapping import TableMapping
from orchestration.source_new.proposal import Proposal
from orchestration.source_new.text import without_braces
from orchestration.words import sql_keywords

OF_ROW = "_file_id, _source_file, _source_row, _loaded_at, _load_error"
INDENT = " " * 4
END = "\n\nselect * from conformed\n"


FIRST_CHANGES = """\
{{#
Proposed by `funnel source new`. Correct it, and take away what you have looked at.
guess: no file has a row per lead: a lead begins with its first change in {raw}
open:  which table has the leads?
#}}
{{%- set moment = parse_value(
    blank_to_null('{moment}'), 'timestamp', source_format('{source}', '{raw}', '{changed_at}')
) %}}
with

ranked as (

    select
        *,
        row_number() over (
            partition by trim({lead})
            order by {{{{ moment }}}} nulls last, _loaded_at, _source_file, _source_row
        ) as event_number
    from {{{{ source('{source}', '{raw}') }}}}
    where {lead} is not null

),

source as (

    select * from ranked where event_number = 1

),

{{{{ conform({{
    'lead_id': '{lead}',
    'created_at': '{moment}',
}}) }}}}

select * from conformed
"""
"""Leads as the first of their changes, where an export has no table of them."""


def first_changes_text(proposal: Proposal) -> str | None:
    """The model of leads by their status changes; None where there is a table of leads.

    Also none where the columns of the changes are not the raw ones themselves.
    """
    changes = [m for m in proposal.mappings if m.table == "lead_status_changes"]
    if len(changes) != 1 or any(mapping.table == "leads" for mapping in proposal.mappings):
        return None
    [mapping] = changes
    lead, changed_at = mapping.columns["lead_id"], mapping.columns["changed_at"]
    if lead.question or any((g.expression,) != g.raw_columns for g in (lead, changed_at)):
        return None
    return FIRST_CHANGES.format(
        source=proposal.source,
        raw=mapping.raw.name,
        lead=quoted(lead.expression),
        changed_at=changed_at.expression,
        moment=quoted(changed_at.expression),
    )


def model_text(proposal: Proposal, table: str, formats: Formats, contract: RawTable) -> str:
    """The model that maps the raw tables of a contract table."""
    mappings = [mapping for mapping in proposal.mappings if mapping.table == table]
    notes = "\n".join(_notes(mappings))
    head = f"{{#\n{without_braces(notes)}\n#}}\n"
    if len(mappings) > 1:
        return head + _united(proposal, mappings, formats, contract)
    [mapping] = mappings
    columns = _columns(mapping.columns.values())
    if not mapping.lookups:
        return f"{head}{{{{ map_table({_source(proposal.source, mapping.raw)}, {columns}) }}}}\n"
    rows = _with_lookups(proposal.source, mapping)
    return f"{head}{rows}\n\n{{{{ conform({columns}) }}}}{END}"


def _notes(mappings: Sequence[TableMapping]) -> Iterator[str]:
    yield "Proposed by `funnel source new`. Correct it, and take away what you have looked at."
    for mapping in mappings:
        yield f"guess: {mapping.raw.name} is {mapping.table}: {mapping.reason}"
        if mapping.question:
            yield f"open:  {mapping.question}"
        for guess in mapping.columns.values():
            yield f"guess: {guess.column} = {_said(guess)}: {guess.reason}"
            if guess.question:
                yield f"open:  {guess.column}: {guess.question}"


def _said(guess: Guess) -> str:
    is_row_id = guess.expression == "row_id"
    return f"row_id of {', '.join(guess.raw_columns)}" if is_row_id else guess.expression


def _source(source: str, table: ReadTable) -> str:
    return f"source('{source}', '{table.name}')"


def _columns(guesses: Iterable[Guess]) -> str:
    lines = [f"{INDENT}'{guess.column}': {expression_of(guess)},\n" for guess in guesses]
    return "{\n" + "".join(lines) + "}"


def expression_of(guess: Guess) -> str:
    """The expression of a guess as an argument of `map_table` and `conform`."""
    if guess.expression == "row_id":
        return f"row_id([{', '.join(_text(quoted(name)) for name in guess.raw_columns)}])"
    if guess.raw_columns == (guess.expression,):
        return _text(quoted(guess.expression))
    return _text(guess.expression)


def quoted(name: str) -> str:
    """A raw column in SQL."""
    return f'"{name}"' if name in sql_keywords() else name


def _text(expression: str) -> str:
    return json.dumps(expression, ensure_ascii=False) if "'" in expression else f"'{expression}'"


def _with_lookups(source: str, mapping: TableMapping) -> str:
    """The CTE `source` with the meaning of ids from their lookups."""
    raw = f"{mapping.raw.name}_rows"
    selected, joins = [f"{raw}.*"], ""
    for number, lookup in enumerate(mapping.lookups, start=1):
        name, of_table = f"{lookup.table.name}_{number}", _source(source, lookup.table)
        column, key, meaning = map(quoted, (lookup.column, lookup.key, lookup.meaning))
        selected.append(
            f"coalesce({name}.{meaning}, '{lookup.table.name} ' || {raw}.{column}) "
            f"as {lookup.column}_{lookup.meaning}"
        )
        joins += (
            f"\n    left join {{{{ newest_rows({of_table}, ['{lookup.key}']) }}}} as {name}"
            f"\n        on {raw}.{column} = {name}.{key}"
        )
    return (
        "with\n\nsource as (\n\n    select\n        "
        + ",\n        ".join(selected)
        + f"\n    from {{{{ {_source(source, mapping.raw)} }}}} as {raw}{joins}\n\n),"
    )


def _united(
    proposal: Proposal, mappings: Sequence[TableMapping], formats: Formats, contract: RawTable
) -> str:
    """Several raw tables, each brought to the contract's names first."""
    names = [n for n in contract.column_names if any(n in m.columns for m in mappings)]
    parts = [_part(proposal.source, mapping, names, contract.key[0]) for mapping in mappings]
    own = {
        name: dict(formats.columns[place])
        for mapping in mappings
        for name, guess in mapping.columns.items()
        for place in [(mapping.raw.name, guess.expression)]
        if formats.columns.get(place)
    }
    columns = "".join(f"{INDENT}'{name}': '{name}',\n" for name in names)
    more = f", formats={json.dumps(own, ensure_ascii=False)}" if own else ""
    return (
        f"{{%- set of_row = '{OF_ROW}' %}}\nwith\n\nsource as (\n\n"
        + "\n\n    union all\n\n".join(parts)
        + f"\n\n),\n\n{{{{ conform({{\n{columns}}}{more}) }}}}{END}"
    )


def _part(source: str, mapping: TableMapping, names: Sequence[str], key: str) -> str:
    selected = [
        _selected(mapping.columns.get(name), name, mapping.raw.name if name == key else "")
        for name in names
    ]
    listed = ",\n        ".join([*selected, "{{ of_row }}"])
    return f"    select\n        {listed}\n    from {{{{ {_source(source, mapping.raw)} }}}}"


def _selected(guess: Guess | None, name: str, table: str) -> str:
    """A column under its name in the contract; an id with its `table`, if that is named."""
    if guess is None:
        return f"cast(null as string) as {name}"
    expression = guess.expression
    if expression == "row_id":
        expression = f"{{{{ {expression_of(guess)} }}}}"
    elif guess.raw_columns == (expression,):
        expression = quoted(expression)
    if table:
        expression = f"'{table}-' || {expression}"
    return expression if expression == name else f"{expression} as {name}"
