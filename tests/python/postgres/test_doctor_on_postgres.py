"""The doctor says whether PostgreSQL has what readers of the file have."""

from collections.abc import Callable

import pytest
from pydantic import SecretStr
from support.postgres_server import PASSWORD

from orchestration.doctor import Finding, Level, examine
from orchestration.releases.postgres import Target, sync
from orchestration.settings import Settings, load_settings
from orchestration.warehouse.paths import Warehouse

Publish = Callable[[int], str]


@pytest.fixture
def settings(warehouse: Warehouse, url: str) -> Settings:
    given = load_settings({"warehouse": warehouse.root, "landing": warehouse.root})
    return given.model_copy(update={"postgres": SecretStr(url)})


def about_postgres(settings: Settings) -> list[Finding]:
    findings = examine(settings, environment={})
    return [finding for finding in findings if finding.check == "postgres"]


def test_release_that_is_not_there_yet_is_brought_by_the_fix(
    settings: Settings, warehouse: Warehouse, publish_generation: Publish, target: Target
) -> None:
    first = publish_generation(1)
    sync(warehouse, target)
    second = publish_generation(2)

    [behind] = about_postgres(settings)
    assert (behind.level, behind.fix) == (Level.warning, "funnel postgres sync")
    assert behind.what == f"PostgreSQL has {first}; {second} is current."

    sync(warehouse, target)
    [well] = about_postgres(settings)
    assert (well.level, well.fix) == (Level.ok, None)


def test_server_that_does_not_answer_is_an_error_without_the_password(
    settings: Settings, publish_generation: Publish, url: str
) -> None:
    publish_generation(1)
    lost = settings.model_copy(update={"postgres": SecretStr(f"{url}_of_nobody")})
    [finding] = about_postgres(lost)
    assert finding.level == Level.error
    assert PASSWORD in url
    assert PASSWORD not in finding.what


def test_who_has_no_postgresql_hears_nothing_of_it(
    settings: Settings, publish_generation: Publish
) -> None:
    publish_generation(1)
    assert about_postgres(settings.model_copy(update={"postgres": None})) == []
