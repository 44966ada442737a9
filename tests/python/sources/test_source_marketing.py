"""What marketing cost and brought in the real exports, against figures got by other means."""

import csv
import json
from collections import defaultdict
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.contract import PROJECT_DIR
from orchestration.warehouse.paths import Warehouse

Rows = list[tuple[Any, ...]]
Query = Callable[[str], Rows]
CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def export(
    request: pytest.FixtureRequest,
    trial_data: Path,
    query: Callable[..., Rows],
) -> tuple[Path, Query]:
    """The folder of an export, and a query of the release that it gives."""
    warehouse: Warehouse = request.getfixturevalue(f"{request.param}_warehouse")
    return trial_data / request.param, lambda sql: query(warehouse.current_database, sql)


@pytest.mark.parametrize("export", ["realestate"], indirect=True)
def test_spend_of_every_campaign_is_that_of_the_export_own_report(
    export: tuple[Path, Query],
) -> None:
    """campaign_metrics.csv is the company's own sum by campaign, for those it reported on."""
    folder, realestate = export
    found: dict[str, float] = dict(
        realestate(
            """
            select campaign_id, cast(sum(original_amount) as double)
            from core.fct_costs
            inner join core.dim_campaigns using (campaign_key)
            group by 1
            """
        )
    )
    reported = _csv(folder / "campaign_metrics.csv")
    assert len(reported) == 4020
    for row in reported:
        assert found[row["campaign_id"]] == pytest.approx(float(row["spend"]), abs=0.005)


@pytest.mark.parametrize("export", ["realestate"], indirect=True)
def test_every_campaign_with_spend_has_its_row_though_no_lead_names_it(
    export: tuple[Path, Query],
) -> None:
    folder, realestate = export
    rates = sorted(
        (row["valid_from"], Decimal(row["rate_to_reporting"]))
        for row in _csv(PROJECT_DIR / "seeds" / "fx_rates.csv")
        if row["currency"] == "EGP"
    )
    expected: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in _csv(folder / "insights.csv"):
        rate = max(rate for rate in rates if rate[0] <= row["created_at"][:10])[1]
        spend = Decimal(row["spend"]).quantize(CENT, ROUND_HALF_UP)
        expected[row["campaign_id"]] += (spend * rate).quantize(CENT, ROUND_HALF_UP)
    found = realestate(
        """
        select segment_value, full_cost_amount, leads, marketing_roi
        from marts.mart_campaign_roi
        where
            (period_type, segment_type, attribution_model) = ('all', 'campaign', 'linear')
            and full_cost_amount > 0
        """
    )
    assert {campaign: cost for campaign, cost, *_ in found} == {
        campaign: cost for campaign, cost in expected.items() if cost
    }
    # the export does not say which campaign a lead came by
    assert {(leads, roi) for _, _, leads, roi in found} == {(0, -1.0)}


@pytest.mark.parametrize("export", ["olist"], indirect=True)
def test_customers_by_origin_of_the_contact(export: tuple[Path, Query]) -> None:
    folder, olist = export
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    expected = {
        row["origin"].replace("(null)", "unassigned"): (row["mqls"], row["deals"])
        for row in truth["by_origin"]
    }
    found = olist(
        """
        select segment_value, leads, customers
        from marts.mart_campaign_roi
        where
            (period_type, segment_type, attribution_model) = ('all', 'channel', 'first')
            and leads > 0
        """
    )
    assert sum(deals for _, deals in expected.values()) == 842
    assert {channel: counts for channel, *counts in found} == {
        channel: list(counts) for channel, counts in expected.items()
    }


@pytest.mark.parametrize("export", ["olist"], indirect=True)
def test_all_customers_of_olist_are_of_marketing(export: tuple[Path, Query]) -> None:
    _, olist = export
    assert olist(
        """
        select origin_owner, new_customers, all_new_customers, originated_rate, benchmark_verdict
        from marts.mart_marketing_customers
        where period_type = 'all' and origin_owner = 'marketing'
        """
    ) == [("marketing", 842, 842, 1.0, "above")]


def _csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
