"""The commands bring each release to PostgreSQL, and say what is wrong without the password."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from support.generations import write_generation
from support.postgres_server import PASSWORD
from typer.testing import CliRunner

from orchestration import cli
from orchestration.releases import current_release_id
from orchestration.settings import InvalidSettingsError, load_settings
from orchestration.warehouse.paths import Warehouse

Publish = Callable[[int], str]
funnel = CliRunner()


@pytest.fixture(autouse=True)
def surroundings(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder and an environment in which nothing but the warehouse is set."""
    warehouse.root.mkdir()
    monkeypatch.chdir(warehouse.root)
    for variable in ("POSTGRES", "POSTGRES_PREFIX", "POSTGRES_READER", "POSTGRES_PATIENCE"):
        monkeypatch.delenv(f"FUNNEL_{variable}", raising=False)
    monkeypatch.setenv("FUNNEL_WAREHOUSE", str(warehouse.root))


@pytest.fixture
def here(url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of the database that the environment names."""
    monkeypatch.setenv("FUNNEL_POSTGRES", url)
    return url


def test_publish_and_rollback_bring_the_release(
    warehouse: Warehouse, here: str, connection: psycopg.Connection
) -> None:
    assert funnel.invoke(cli.app, ["postgres", "grant"]).exit_code == 0
    for generation in (1, 2):
        write_generation(warehouse, generation)
        published = funnel.invoke(cli.app, ["publish", "--force"])
        assert published.exit_code == 0, published.output
        assert f"Release {current_release_id(warehouse)} is in PostgreSQL: " in published.output
        assert in_postgres(connection) == current_release_id(warehouse)
    back = funnel.invoke(cli.app, ["rollback"])
    assert back.exit_code == 0, back.output
    assert in_postgres(connection) == current_release_id(warehouse)
    assert PASSWORD in here
    assert PASSWORD not in published.output + back.output


@pytest.mark.usefixtures("here")
def test_status_and_sync(warehouse: Warehouse, publish_generation: Publish) -> None:
    release = publish_generation(1)
    behind = funnel.invoke(cli.app, ["postgres", "status"])
    assert behind.exit_code == 1
    assert "PostgreSQL has  no release" in behind.output
    assert f"current is      {release}" in behind.output
    assert "funnel postgres sync" in behind.output

    assert funnel.invoke(cli.app, ["postgres", "sync"]).exit_code == 0
    assert funnel.invoke(cli.app, ["postgres", "status"]).exit_code == 0
    again = funnel.invoke(cli.app, ["postgres", "sync"])
    assert f"Release {release} was in PostgreSQL already" in again.output
    forced = funnel.invoke(cli.app, ["postgres", "sync", "--force"])
    assert f"Release {release} is in PostgreSQL: " in forced.output
    assert current_release_id(warehouse) == release


def test_failed_synchronisation_is_told_and_the_release_is_current(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_generation(warehouse, 1)
    monkeypatch.setenv("FUNNEL_POSTGRES", f"postgresql://owner:{PASSWORD}@127.0.0.1:1/nowhere")
    done = funnel.invoke(cli.app, ["publish", "--force"])
    assert done.exit_code == 1
    assert f"Release {current_release_id(warehouse)} is current" in done.stdout
    assert "is current in" in done.stderr
    assert "onnection refused" in done.stderr
    assert "`funnel postgres sync` retries" in done.stderr
    assert PASSWORD not in done.output


@pytest.mark.parametrize("command", ["sync", "status", "grant"])
def test_without_the_variable_the_command_says_how_to_set_it(command: str) -> None:
    refused = funnel.invoke(cli.app, ["postgres", command])
    assert refused.exit_code == 1
    assert "FUNNEL_POSTGRES is not set" in refused.stderr


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        ("wrong-pass", "password authentication failed"),
        ("wr@ng-pass", "FUNNEL_POSTGRES is no connection"),
        ("wr/ng-pass", "FUNNEL_POSTGRES is no connection"),
        ("wr%ng-pass", "FUNNEL_POSTGRES is no connection"),
        ("wr ng-pass", "FUNNEL_POSTGRES is no connection"),
        ("wr?ng-pass", "password authentication failed"),
    ],
)
@pytest.mark.parametrize("debug", [[], ["--debug"]])
def test_no_message_tells_the_password(
    url: str, monkeypatch: pytest.MonkeyPatch, secret: str, message: str, debug: list[str]
) -> None:
    monkeypatch.setenv("FUNNEL_POSTGRES", url.replace(PASSWORD, secret))
    refused = funnel.invoke(cli.app, [*debug, "postgres", "status"])
    told = refused.output + repr(refused.exception) + everything_of(refused.exception)
    assert message in told
    assert "ng-pass" not in told


@pytest.mark.parametrize("text", ["not a connection", "host=x password='half", "mysql://u:pw@h/d"])
def test_what_is_no_connection_is_not_repeated(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("FUNNEL_POSTGRES", text)
    refused = funnel.invoke(cli.app, ["postgres", "status"])
    assert "FUNNEL_POSTGRES is no connection" in refused.stderr
    assert text not in refused.output


def test_special_characters_are_encoded(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("alter role owner password 'p@ss/w:rd %'")
    try:
        monkeypatch.setenv("FUNNEL_POSTGRES", url.replace(PASSWORD, quote("p@ss/w:rd %", safe="")))
        assert "no release" in funnel.invoke(cli.app, ["postgres", "status"]).stdout
    finally:
        with psycopg.connect(url.replace(PASSWORD, quote("p@ss/w:rd %", safe=""))) as owner:
            owner.execute(f"alter role owner password '{PASSWORD}'")  # type: ignore[arg-type]


def test_the_password_may_come_from_elsewhere(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNNEL_POSTGRES", url.replace(f":{PASSWORD}", ""))
    refused = funnel.invoke(cli.app, ["postgres", "status"])
    assert "no password supplied" in refused.stderr
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert "PostgreSQL has  no release" in funnel.invoke(cli.app, ["postgres", "status"]).stdout


def test_the_file_of_settings_holds_no_secret() -> None:
    Path("funnel.toml").write_text(f'postgres = "postgresql://u:{PASSWORD}@h/d"', encoding="utf-8")
    refused = funnel.invoke(cli.app, ["postgres", "status"])
    assert refused.exit_code == 2
    assert "key 'postgres'" in refused.stderr
    assert "Set FUNNEL_POSTGRES" in refused.stderr
    assert PASSWORD not in refused.output


def test_settings_hide_the_password(here: str) -> None:
    settings = load_settings({"postgres_prefix": "bi_"})
    assert settings.postgres and settings.postgres.get_secret_value() == here
    assert PASSWORD not in f"{settings!r} {settings.model_dump()} {settings.model_dump_json()}"
    with pytest.raises(InvalidSettingsError, match="postgres-prefix"):
        load_settings({"postgres_prefix": 'b"; drop'})


def in_postgres(connection: psycopg.Connection) -> str:
    row = connection.execute("select release_id from marts.published_release").fetchone()
    assert row
    return str(row[0])


def everything_of(error: BaseException | None) -> str:
    """The text of an error and of those that it came from, as a traceback shows them."""
    if error is None:
        return ""
    hidden = error.__suppress_context__ and error.__cause__ is None
    return str(error) + ("" if hidden else everything_of(error.__cause__ or error.__context__))
