"""The sources do not disturb each other: each gives what it gives alone."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration.warehouse.paths import Warehouse

pytestmark = pytest.mark.long(reason="test_mapped_exports.py has six sources in one warehouse")

Rows = list[tuple[Any, ...]]
Query = Callable[[str], Rows]


@pytest.fixture(scope="module")
def together(
    trial_data: Path,
    tiny_landing: Path,
    tmp_path_factory: pytest.TempPathFactory,
    build_warehouse: Callable[..., Warehouse],
    query: Callable[..., Rows],
) -> Query:
    """A query of the release that a simulated company and both exports give."""
    folder = tmp_path_factory.mktemp("together")
    landing = shutil.copytree(tiny_landing, folder / "landing")
    for source in ("olist", "realestate"):
        shutil.copytree(trial_data / source, landing / source)
    warehouse = build_warehouse(landing, folder / "warehouse", "files", "olist", "realestate")
    return lambda sql: query(warehouse.current_database, sql)


def test_every_source_has_its_persons(together: Query) -> None:
    found: dict[str, int] = dict(
        together("select source_system, count(*) from core.dim_persons group by 1")
    )
    assert {source: found.pop(source) for source in ("olist", "realestate")} == {
        "olist": 8000,
        "realestate": 26279,
    }
    assert 0 < sum(found.values()) <= 300


def test_conversion_of_olist_is_what_it_is_alone(together: Query) -> None:
    assert together(
        """
        select cast(sum(entrants) as bigint), sum(numerator)
        from marts.mart_funnel_conversion
        where
            period_type = 'month'
            and segment_type = 'source_system'
            and segment_value = 'olist'
            and from_stage = 'mql'
            and to_stage = 'customer'
            and count_mode = 'first'
            and order_mode = 'ordered'
            and rate_kind = 'to_date'
        """
    ) == [(8000, 842)]


def test_events_and_spend_of_realestate_are_what_they_are_alone(together: Query) -> None:
    assert together(
        """
        select
            (select count(*) from core.fct_status_changes where source_system = 'realestate'),
            (select sum(original_amount) from core.fct_costs where source_system = 'realestate')
                = 24852291.59
        """
    ) == [(38925, True)]


def test_simulated_company_has_what_the_exports_lack(together: Query) -> None:
    found = together("select source_system, count(*) from core.fct_activities group by 1")
    assert found
    assert not {"olist", "realestate"} & {source for source, _ in found}
