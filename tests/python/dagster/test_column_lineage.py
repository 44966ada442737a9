"""The columns that a column is made from, through joins, unions and stars."""

import dagster as dg
import pytest
from sqlglot.errors import SqlglotError

from orchestration.defs.dbt.column_lineage import Relation, column_lineage

LEADS, ORDERS = (Relation("work", "core", name) for name in ("leads", "orders"))
PARENTS = {LEADS: dg.AssetKey(["core", "leads"]), ORDERS: dg.AssetKey(["core", "orders"])}
COLUMNS = {
    LEADS: {"lead_key": "VARCHAR", "country": "VARCHAR"},
    ORDERS: {"lead_key": "VARCHAR", "amount": "DECIMAL(18,2)"},
}
SQL = """
with
joined as (
    select leads.*, orders.amount * 2 as doubled
    from "work"."core"."leads" as leads
    left join "work"."core"."orders" as orders on leads.lead_key = orders.lead_key
),
everybody as (
    select lead_key, country, doubled from joined
    union all
    select lead_key, 'none', amount from "work"."core"."orders"
)
select *, coalesce(country, 'unknown') as place, 1 as one from everybody
"""


def test_each_column_leads_to_the_columns_of_the_parents() -> None:
    found = {
        column: {(dep.asset_key.path[-1], dep.column_name) for dep in deps}
        for column, deps in column_lineage(SQL, PARENTS, COLUMNS).deps_by_column.items()
    }
    assert found == {
        "lead_key": {("leads", "lead_key"), ("orders", "lead_key")},
        "country": {("leads", "country")},
        "doubled": {("orders", "amount")},
        "place": {("leads", "country")},
        "one": set(),
    }


def test_relation_that_is_no_asset_is_left_out() -> None:
    lineage = column_lineage(SQL, {ORDERS: PARENTS[ORDERS]}, COLUMNS).deps_by_column
    assert {dep.column_name for dep in lineage["doubled"]} == {"amount"}
    assert lineage["place"] == []


def test_what_is_no_query_is_said() -> None:
    with pytest.raises(SqlglotError):
        column_lineage("select from where", PARENTS, COLUMNS)
