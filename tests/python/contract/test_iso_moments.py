"""The grammar of moments where text is read without its mapping."""

from datetime import datetime

import duckdb
import pytest

from orchestration.words import iso_moment

READ = {
    "2024-07-01": datetime(2024, 7, 1),
    "2024-07-01 10:00": datetime(2024, 7, 1, 10),
    "2024-07-01T10:00:00.5Z": datetime(2024, 7, 1, 10, 0, 0, 500_000),
    "2024-07-01 10:00:00+02:00": datetime(2024, 7, 1, 8),
    "2024-07-01 10:00:00 UTC": datetime(2024, 7, 1, 10),
    "2024-07-01 10:00+02": datetime(2024, 7, 1, 8),
}
NO_MOMENTS = ("now", "epoch", "12:30", "2024", "05/02/24 09:30", "2024-07-01 10:00:00 PST")
VECTOR = 2_048
"""Rows that DuckDB casts at once."""


def test_iso_8601_is_read_and_nothing_else_is_guessed() -> None:
    texts = [*READ, *NO_MOMENTS]
    found = duckdb.sql(
        f"select {iso_moment('text')} from (select unnest(?) as text)", params=[texts]
    )
    assert dict(zip(texts, (row[0] for row in found.fetchall()), strict=True)) == {
        **READ,
        **dict.fromkeys(NO_MOMENTS),
    }


@pytest.mark.parametrize("place", [0, VECTOR // 2, VECTOR])
def test_a_zone_by_name_moves_no_other_row_wherever_it_stands(place: int) -> None:
    texts = ["2024-07-01 10:00:00+02:00", "2024-07-01 10:00"] * VECTOR
    texts.insert(place, "2024-07-01 10:00:00 America/New_York")
    found = duckdb.sql(
        f"select {iso_moment('text')} as moment, count(*) from (select unnest(?) as text) "
        "group by 1 order by 1 nulls last",
        params=[texts],
    )
    assert found.fetchall() == [
        (datetime(2024, 7, 1, 8), VECTOR),
        (datetime(2024, 7, 1, 10), VECTOR),
        (None, 1),
    ]
