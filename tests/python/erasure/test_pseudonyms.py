"""The SQL of an erasure says what Python and dbt say."""

import re

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from orchestration.contract import KINDS, PROJECT_DIR, available_sources, raw_tables
from orchestration.erasure.pseudonyms import (
    digest,
    email_pseudonym,
    equip,
    lead_key,
)
from orchestration.erasure.register import keyed_digest
from orchestration.words import normalised_email

KEY = bytes(range(32))
CONNECTION = duckdb.connect()
equip(CONNECTION, KEY, {})

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
near_address = st.one_of(
    text,
    st.from_regex(r" ?[^@\x00]{0,4}@[^@\x00]{0,4}\.?[^@\x00]{0,4} ?", fullmatch=True).filter(
        lambda value: value.isprintable()
    ),
    st.emails(),
)


def answer(expression: str, value: str) -> str | None:
    row = CONNECTION.execute(
        f"select {expression} from (select ?::varchar as x)", [value]
    ).fetchone()
    assert row is not None
    return None if row[0] is None else str(row[0])


@given(text, text)
def test_the_keyed_hash_is_that_of_python(first: str, second: str) -> None:
    row = CONNECTION.execute(
        f"select {digest('id', 'a', 'b')} from (select ?::varchar as a, ?::varchar as b)",
        [first, second],
    ).fetchone()
    assert row == (keyed_digest(KEY, "id", first, second),)


@given(near_address)
def test_what_an_erasure_takes_for_an_address_stays_one(value: str) -> None:
    """Both read addresses with the macro of the models, which tests/python/cases tests."""
    address = answer(normalised_email("x"), value)
    if address is not None:
        assert answer(normalised_email("x"), f" <mailto:{address}>") in (address, None)
        assert answer(normalised_email("x"), address) == address


@given(st.emails())
def test_a_pseudonym_is_an_address_that_says_nothing(email: str) -> None:
    pseudonym = answer(email_pseudonym("x"), f" {email.upper()} ")
    assert pseudonym == answer(email_pseudonym("x"), email)
    if pseudonym is not None:
        assert re.fullmatch(r"erased-[0-9a-f]{20}@erased\.invalid", pseudonym)
        assert answer(normalised_email("x"), pseudonym) == pseudonym


def test_a_lead_has_the_key_that_dbt_gives_it() -> None:
    macro = (PROJECT_DIR / "macros" / "funnel" / "surrogate_key.sql").read_text("utf-8")
    assert "md5({{ columns | join(\" || '|' || \") }})" in macro
    assert lead_key("a", "b") == "md5(a || '|' || b)"


def test_each_column_is_declared_as_something_that_an_erasure_knows() -> None:
    known = {None, *KINDS}
    tables = [table for source in available_sources() for table in raw_tables(source)]
    assert {column.pii for table in tables for column in table.columns} == known
    for table in tables:
        for column in table.columns:
            if column.name == "lead_id" or column.name.endswith("_lead_id"):
                assert column.pii == "lead_id", f"{table.source}.{table.name}.{column.name}"
