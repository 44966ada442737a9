"""What the marts of customers say of a simulated company, against what it was made from.

Subscriptions end by a constant monthly hazard of the persona, so somebody active at the start of a
month leaves within it with probability 1 - exp(-hazard x days / 30.4375). First deals are
log-normal (sigma 0.6) around the persona's size times a factor of the fit. Cost of goods is 25 to
50 % of an order, and 3 % of the orders are paid back, two in five of these by 40 %.
"""

from math import exp, log, sqrt

import numpy as np
import pandas as pd
import pytest
from built import Built
from reference_funnel import surrogate
from scipy.stats import binomtest

from simulator import model

SOURCE = "files"
MONTH_DAYS = 30.4375
HAZARDS = {persona.key: persona.churn for persona in model.PERSONAS}
DEAL_SIZES = {persona.key: persona.deal_size for persona in model.PERSONAS}
FIT_FACTORS = dict(zip(model.FITS, (0.7, 1.0, 1.5), strict=True))
SIGMA = 0.6
REFUNDED = 0.03 * (0.4 * 0.4 + 0.6)
MARGIN_RATE = (1 - 0.375 - REFUNDED) / (1 - REFUNDED)


@pytest.fixture(scope="module")
def persons(large_company: Built) -> pd.DataFrame:
    """The true persona and fit, by person; those of the facts are what rules make of the data."""
    truth = pd.read_parquet(large_company.landing / "_truth" / "leads.parquet")
    truth = truth.drop_duplicates("person_lead_id")
    keys = [surrogate(SOURCE, lead) for lead in truth["person_lead_id"]]
    return truth[["persona", "fit"]].assign(person_key=keys)


@pytest.fixture(scope="module")
def at_risk(large_company: Built, persons: pd.DataFrame) -> pd.DataFrame:
    """Customers active at the start of a whole month, with the chance that they leave in it."""
    months = large_company.table("core.fct_subscription_months")
    customers = large_company.table("core.dim_customers")[["customer_key", "person_key"]]
    months = months[months["is_active_at_start"] & months["is_complete"]]
    joined = months.merge(customers, on="customer_key").merge(persons, on="person_key")
    days = pd.to_datetime(joined["month_start_date"]).dt.days_in_month
    chance = 1 - np.exp(-joined["persona"].map(HAZARDS) * days / MONTH_DAYS)
    return joined.assign(chance=chance)


@pytest.mark.parametrize("persona", HAZARDS)
def test_churn_is_the_hazard_of_the_persona(at_risk: pd.DataFrame, persona: str) -> None:
    rows = at_risk[at_risk["persona"] == persona]
    left, n = int(rows["is_ended"].sum()), len(rows)
    assert n > 100
    # once in ten thousand companies it would not hold
    assert binomtest(left, n, rows["chance"].mean()).pvalue > 1e-4, (left, n)


def test_lifetime_value_is_that_of_the_hazards(large_company: Built, at_risk: pd.DataFrame) -> None:
    (row,) = [
        row
        for row in large_company.rows("marts.mart_customer_ltv")
        if (row["period_type"], row["segment_type"]) == ("all", "all")
    ]
    assert row["customer_months"] == len(at_risk)
    assert row["gross_margin_rate"] == pytest.approx(MARGIN_RATE, abs=0.01)
    assert row["cohort_margin_rate"] == pytest.approx(MARGIN_RATE, abs=0.01)
    chance = at_risk["chance"].mean()
    assert binomtest(row["churned_customers"], row["customer_months"], chance).pvalue > 1e-4
    value = row["average_mrr_amount"] * MARGIN_RATE / chance
    # the stated interval, three times as wide on the scale of logarithms: 95 % -> all but never
    wide = 3 * log(row["projected_ltv_amount_high"] / row["projected_ltv_amount"])
    assert abs(log(row["projected_ltv_amount"] / value)) < wide


@pytest.mark.parametrize("persona", DEAL_SIZES)
@pytest.mark.parametrize("fit", FIT_FACTORS)
def test_deals_are_of_the_size_of_the_persona(
    large_company: Built, persons: pd.DataFrame, persona: str, fit: str
) -> None:
    deals = large_company.table("core.fct_opportunities").merge(persons, on="person_key")
    deals = deals[(deals["order_type"] == "new") & deals["is_won"].eq(True)]
    deals = deals[(deals["persona"] == persona) & (deals["fit"] == fit)]
    amounts = deals["original_amount"].astype(float) / deals["currency"].map(model.PER_EUR)
    logs = np.log(amounts)
    expected = log(DEAL_SIZES[persona] * FIT_FACTORS[fit])
    assert len(logs)
    assert abs(logs.mean() - expected) < 4 * SIGMA / sqrt(len(logs))


def test_the_average_deal_is_the_mean_of_the_log_normal_sizes(
    large_company: Built, persons: pd.DataFrame
) -> None:
    deals = large_company.table("core.fct_opportunity_forecasts")
    deals = deals[["person_key", "order_type", "is_won"]].merge(persons, on="person_key")
    deals = deals[(deals["order_type"] == "new") & deals["is_won"].eq(True)]
    sizes = deals["persona"].map(DEAL_SIZES) * deals["fit"].map(FIT_FACTORS)
    (row,) = [
        row
        for row in large_company.rows("marts.mart_customer_value")
        if (row["period_type"], row["segment_type"]) == ("all", "all")
    ]
    assert row["won_deals"] == len(deals)
    # dollars and pesos are turned into euros at the rates of the day, and were made at one rate
    assert row["average_deal_amount"] == pytest.approx(sizes.mean() * exp(SIGMA**2 / 2), rel=0.1)
