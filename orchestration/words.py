"""Words, addresses and moments, read by the models' own rules: dbt's macros, rendered here."""

import csv
from ast import literal_eval
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment

from orchestration.contract import PROJECT_DIR

_MACROS = (
    "contract/parse_value",
    "contract/sql_keywords",
    "dialect/blanks",
    "dialect/full_match",
    "dialect/replace_matches",
    "dialect/timestamps",
    "dialect/without_accents",
    "funnel/normalised_email",
    "funnel/normalised_word",
)


def normalised_word(expression: str) -> str:
    """SQL (DuckDB) of the form in which words are compared."""
    return str(_macros().normalised_word(expression)).strip()


def canonical_word(expression: str) -> str:
    """SQL (DuckDB) of a word as the models write it."""
    return str(_macros().canonical_word(expression)).strip()


def normalised_email(expression: str) -> str:
    """SQL (DuckDB) of the address that identifies a person; null where the text is none."""
    return str(_macros().normalised_email(expression)).strip()


def iso_moment(expression: str) -> str:
    """SQL (DuckDB) of the moment (UTC) that a text in ISO 8601 says; null for any other text.

    What carries no offset is a time in UTC.
    """
    return f"({str(_macros().moment_in(expression, [], 'UTC', iso=True)).strip()})"


def boolean(expression: str) -> str:
    """SQL (DuckDB) of the truth value that a text says; null where it says none."""
    return f"({str(_macros().parse_boolean(expression)).strip()})"


@cache
def null_words() -> frozenset[str]:
    """The texts, in lower case, that mean "no value" in every source."""
    return frozenset(literal_eval(str(_macros().null_words()).strip()))


@cache
def sql_keywords() -> frozenset[str]:
    """The names of columns that a mapping has to quote."""
    return frozenset(literal_eval(str(_macros().sql_keywords()).strip()))


def word_aliases(field: str, project_dir: Path = PROJECT_DIR) -> dict[str, str]:
    """The words of a field that the seed of aliases explains; no meaning is an empty text."""
    with (project_dir / "seeds" / "word_aliases.csv").open(encoding="utf-8", newline="") as rows:
        return {
            row["word"]: row["meaning"] for row in csv.DictReader(rows) if row["field"] == field
        }


@cache
def _macros() -> Any:
    """The macros of the rule, with dbt's dispatch to the default adapter."""
    source = "\n".join(
        (PROJECT_DIR / "macros" / f"{name}.sql").read_text(encoding="utf-8") for name in _MACROS
    )
    environment = Environment(autoescape=False, extensions=["jinja2.ext.do"])

    def dispatch(name: str) -> Callable[..., str]:
        return getattr(module, f"default__{name}")  # type: ignore[no-any-return]

    environment.globals |= {"adapter": SimpleNamespace(dispatch=dispatch), "return": str}
    module = environment.from_string(source).module
    return module
