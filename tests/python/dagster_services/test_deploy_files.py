"""The files of deploy/ are valid, agree with each other, and keep what they promise."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from dagster._core.instance.config import dagster_instance_config
from dagster._core.workspace.config_schema import ensure_workspace_config
from support.dagster_installation import DEPLOY, example_environment, unit

from orchestration.contract import PROJECT_DIR
from orchestration.settings import load_settings

SERVICES = ("code", "daemon", "webserver", "viewer")
UNITS = sorted((DEPLOY / "systemd").glob("lead-funnel*.*[et]"))
COMMON = unit("lead-funnel-.service.d/common.conf")["Service"]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The example environment, and none of the developer's."""
    for variable in list(os.environ):
        if variable.startswith(("FUNNEL_", "DAGSTER_")):
            monkeypatch.delenv(variable)
    example = example_environment({})
    for variable, value in example.items():
        monkeypatch.setenv(variable, value)
    return example


def test_instance_is_configured_as_documented() -> None:
    config, _ = dagster_instance_config(str(DEPLOY))
    for kind in ("run", "event_log", "schedule"):
        assert config[f"{kind}_storage"]["config"] == {
            "postgres_url": {"env": "DAGSTER_POSTGRES_URL"}
        }
    assert config["concurrency"]["pools"] == {"granularity": "run", "default_limit": 1}
    assert config["telemetry"] == {"enabled": False}


def test_secrets_come_from_the_environment_alone() -> None:
    text = "".join(path.read_text() for path in DEPLOY.rglob("*") if path.is_file())
    assert re.findall(r"://[^\s/:]+:(?!PASSWORD)[^\s@]+@", text) == []


def test_workspace_asks_the_code_server(environment: dict[str, str]) -> None:
    file = DEPLOY / "workspace.yaml"
    workspace = ensure_workspace_config(yaml.safe_load(file.read_text()), str(file))
    server = workspace["load_from"][0]["grpc_server"]  # type: ignore[index]
    assert server["socket"] == environment["DAGSTER_CODE_SOCKET"]


def test_example_environment_has_every_variable_that_is_asked_for(
    environment: dict[str, str],
) -> None:
    files = [DEPLOY / "dagster.yaml", DEPLOY / "workspace.yaml", *UNITS]
    text = "".join(file.read_text() for file in files)
    asked = {*re.findall(r"env: (\w+)", text), *re.findall(r"\$\{(\w+)\}", text)}
    assert asked <= environment.keys()


def test_example_environment_is_understood(environment: dict[str, str]) -> None:
    assert str(load_settings().landing) == environment["FUNNEL_LANDING"]


def test_the_guide_names_what_there_is() -> None:
    """Its commands need root and a booted systemd; a shell reads them, and their files exist."""
    guide = (PROJECT_DIR / "docs" / "guides" / "run-in-production.md").read_text(encoding="utf-8")
    commands = "\n".join(re.findall(r"^```sh\n(.*?)^```", guide, re.M | re.S))
    read = subprocess.run(["bash", "-n"], input=commands, text=True, check=False)
    assert read.returncode == 0
    named = {*re.findall(r"lead-funnel-?[\w-]*\.\w+(?:\.example)?", commands)}
    there = {path.name for path in DEPLOY.rglob("lead-funnel*")} | {"lead-funnel.env"}
    assert named and named <= there
    assert {f"lead-funnel-{name}" for name in SERVICES} <= set(re.findall(r"`([\w-]+)` \|", guide))
    targets = re.findall(r"^(\w+):.*##", (PROJECT_DIR / "Makefile").read_text(), re.M)
    assert set(re.findall(r"^make (?:-C \S+ )?(\w+)", commands, re.M)) <= set(targets)


@pytest.mark.parametrize("name", SERVICES)
def test_only_loopback_is_listened_on(name: str) -> None:
    words = unit(f"lead-funnel-{name}.service")["Service"]["ExecStart"].split()
    ports = {"webserver": "3000", "viewer": "3001"}
    assert (name in ports) == ("--port" in words)
    if name in ports:
        assert words[words.index("--host") + 1] == "127.0.0.1"
        assert words[words.index("--port") + 1] == ports[name]


def test_services_cannot_gain_rights_or_write_elsewhere() -> None:
    assert COMMON["User"] == "funnel"
    assert COMMON["NoNewPrivileges"] == "yes"
    assert COMMON["ProtectSystem"] == "strict"
    assert COMMON["StateDirectory"] == "lead-funnel"
    assert COMMON["EnvironmentFile"] == "/etc/lead-funnel/lead-funnel.env"


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_takes_the_whole_machine(name: str) -> None:
    # not in the shared drop-in, which would win over what a unit says itself
    service = unit(f"lead-funnel-{name}.service")["Service"]
    assert service["MemoryMax"] == ("80%" if name == "code" else "2G")
    assert "MemoryMax" not in COMMON
    assert service.get("OOMPolicy") == ("continue" if name == "code" else None)


@pytest.fixture
def unit_folder(tmp_path: Path) -> Path:
    """The units, with programs that exist: systemd looks whether it could run them."""
    folder = shutil.copytree(DEPLOY / "systemd", tmp_path / "units")
    for file in folder.rglob("*.service"):
        text = re.sub(r"/opt/lead-funnel/\.venv/bin/[\w-]+", "/bin/true", file.read_text())
        file.write_text(text)
    return folder


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_understands_the_units(unit_folder: Path) -> None:
    verified = systemd_analyze(unit_folder, "verify", "--recursive-errors=no")
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_finds_little_that_an_intruder_could_reach(unit_folder: Path) -> None:
    """Exposure from 0 to 10; a plain service has more than 9."""
    rated = systemd_analyze(unit_folder, "security", "--offline=true", "--threshold=20")
    exposures = re.findall(r"level for (\S+): ([\d.]+)", rated.stdout)
    assert len(exposures) == len(SERVICES)
    assert [unit for unit, exposure in exposures if float(exposure) > 2.0] == []


def systemd_analyze(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments, *sorted(str(path) for path in folder.glob("*.service"))],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:", "SYSTEMD_COLORS": "0"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_image_is_built_as_hadolint_advises() -> None:
    linted = subprocess.run(
        ["hadolint", "--no-color", "Dockerfile"],
        cwd=DEPLOY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (linted.returncode, linted.stdout, linted.stderr) == (0, "", "")


def test_image_and_units_start_the_same_code_server(environment: dict[str, str]) -> None:
    line = unit("lead-funnel-code.service")["Service"]["ExecStart"].removeprefix(
        "/opt/lead-funnel/.venv/bin/"
    )
    expected = line.replace("${DAGSTER_CODE_SOCKET}", environment["DAGSTER_CODE_SOCKET"]).split()
    commands = re.findall(r"^CMD (.*)$", (DEPLOY / "Dockerfile").read_text(), re.M)
    assert yaml.safe_load(commands[-1]) == expected
