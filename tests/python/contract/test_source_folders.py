"""A folder under `models/staging/` is a source: its models map its own tables to the contract."""

import re

import pytest

from orchestration.contract import (
    PROJECT_DIR,
    available_sources,
    contract_tables,
    filled_tables,
)


def test_dbt_knows_the_tables_of_the_contract_while_it_parses() -> None:
    macro = PROJECT_DIR / "macros" / "contract" / "contract_tables.sql"
    assert re.findall(r"'(\w+)'", macro.read_text(encoding="utf-8")) == list(contract_tables())


@pytest.mark.parametrize("source", available_sources())
def test_models_of_a_source_fill_the_contract_from_its_own_tables(source: str) -> None:
    assert set(filled_tables(source)) <= contract_tables().keys()
    for model in (PROJECT_DIR / "models" / "staging" / source).glob("*.sql"):
        read = re.findall(r"source\('(\w+)'", model.read_text(encoding="utf-8"))
        assert set(read) == {source}, model.name
