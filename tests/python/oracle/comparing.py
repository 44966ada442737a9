"""A mart as rows by key, and how it is held against what was recomputed."""

from decimal import Decimal
from typing import Any

import pytest
from built import Built
from scipy.stats import binomtest

Mart = dict[tuple[Any, ...], dict[str, Any]]

PERIOD = ("period_type", "period_start_date", "segment_type", "segment_value")


def rows_by(built: Built, table: str, *keys: str) -> Mart:
    """The rows of a table by key; all of them."""
    rows = built.rows(table)
    found = {tuple(row[key] for key in keys): row for row in rows}
    assert len(found) == len(rows)
    return found


def assert_same(found: Mart, expected: Mart) -> None:
    """The same keys, and in each row the expected columns."""
    assert set(found) == set(expected)
    assert expected
    for key, columns in expected.items():
        for name, value in columns.items():
            assert is_same(found[key][name], value), (key, name, found[key][name], value)


def is_same(found: Any, expected: Any) -> bool:
    """Numbers are compared to nine digits, all else exactly."""
    if isinstance(expected, bool) or not isinstance(expected, (int, float, Decimal)):
        return bool(found == expected)
    if not isinstance(found, (int, float, Decimal)):
        return False
    return bool(float(found) == pytest.approx(float(expected), rel=1e-9, abs=1e-6))


def ratio(numerator: Any, denominator: Any) -> float | None:
    """Null where either is unknown, or there is nothing to divide by."""
    if numerator is None or not denominator:
        return None
    return float(numerator) / float(denominator)


def wilson(successes: int, trials: int) -> tuple[float | None, float | None]:
    """95 % interval of a share."""
    if not trials:
        return None, None
    found = binomtest(successes, trials).proportion_ci(method="wilson")
    return float(found.low), float(found.high)
