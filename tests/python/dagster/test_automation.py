"""What says itself when it is due, and what is late when nobody made it."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._core.definitions.freshness import FreshnessState
from dagster._core.definitions.freshness_evaluator import CronFreshnessPolicyEvaluator
from dagster._core.loader import LoadingContextForTest
from dagster._core.test_utils import freeze_time

from orchestration.settings import project_time_zone

ZONE = ZoneInfo(project_time_zone())
RELEASE = dg.AssetKey("release")
LANDED_LEADS = dg.AssetKey(["landing", "files", "leads"])
MONTH_END = dg.AssetKey("month_end_report")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


class Automation:
    """The sensor `automation`, asked at one moment after the other."""

    def __init__(self, code_location: dg.Definitions, instance: dg.DagsterInstance) -> None:
        self._code_location = code_location
        self._instance = instance
        self._cursor: dg.AssetDaemonCursor | None = None

    def asks_at(self, moment: datetime, *keys: dg.AssetKey) -> dict[dg.AssetKey, set[str]]:
        """The partitions that it asks for of each of `keys`; an empty set where there are none."""
        with freeze_time(moment):
            asked = dg.evaluate_automation_conditions(
                self._code_location,
                self._instance,
                asset_selection=dg.AssetSelection.assets(*keys),
                evaluation_time=moment,
                cursor=self._cursor,
            )
        self._cursor = asked.cursor
        return {
            key: set(asked.get_requested_partitions(key))
            for key in keys
            if asked.get_num_requested(key)
        }


@pytest.fixture
def automation(code_location: dg.Definitions, instance: dg.DagsterInstance) -> Automation:
    return Automation(code_location, instance)


def test_landing_folder_is_looked_at_once_a_quarter_of_an_hour(automation: Automation) -> None:
    at_ten = datetime(2025, 6, 2, 10, tzinfo=ZONE)
    asked = [
        LANDED_LEADS in automation.asks_at(at_ten + timedelta(minutes=minute), LANDED_LEADS)
        for minute in (14, 16, 20, 29, 31)
    ]
    assert asked == [False, True, False, False, True]


def test_month_end_is_reported_after_the_first_release_of_the_new_month(
    automation: Automation, instance: dg.DagsterInstance
) -> None:
    at_seven = datetime(2025, 6, 1, 7, tzinfo=ZONE)
    assert automation.asks_at(at_seven - timedelta(minutes=1), MONTH_END) == {}
    assert automation.asks_at(at_seven + timedelta(minutes=1), MONTH_END) == {}
    made_at(instance, at_seven + timedelta(hours=1))
    asked = automation.asks_at(at_seven + timedelta(hours=2), MONTH_END)
    assert asked == {MONTH_END: {"2025-05-01"}}
    assert automation.asks_at(at_seven + timedelta(hours=3), MONTH_END) == {}


@pytest.mark.parametrize(
    ("made", "state"),
    [
        pytest.param(None, FreshnessState.UNKNOWN, id="never"),
        pytest.param(datetime(2025, 6, 2, 18), FreshnessState.FAIL, id="the evening before"),
        pytest.param(datetime(2025, 6, 3, 4), FreshnessState.PASS, id="this night"),
        pytest.param(datetime(2025, 6, 3, 6, 45), FreshnessState.PASS, id="late, but there"),
    ],
)
def test_release_of_the_night_is_due_at_half_past_six(
    code_location: dg.Definitions,
    instance: dg.DagsterInstance,
    made: datetime | None,
    state: FreshnessState,
) -> None:
    if made:
        made_at(instance, made.replace(tzinfo=ZONE))
    node = code_location.get_repository_def().asset_graph.get(RELEASE)
    with freeze_time(datetime(2025, 6, 3, 7, tzinfo=ZONE)):
        judged = CronFreshnessPolicyEvaluator().evaluate_freshness(
            LoadingContextForTest(instance), node
        )
        assert asyncio.run(judged) == state


def made_at(instance: dg.DagsterInstance, moment: datetime) -> None:
    """Tell Dagster that the release was made then."""
    with freeze_time(moment):
        instance.report_runless_asset_event(dg.AssetMaterialization(RELEASE))
