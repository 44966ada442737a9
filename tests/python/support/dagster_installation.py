"""The services of deploy/systemd as processes: their commands, with places of the test."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from configparser import ConfigParser
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import yaml

from orchestration.contract import PROJECT_DIR
from orchestration.doctor import Finding, Level
from orchestration.doctor.services import ServicesError, examine_services

DEPLOY = PROJECT_DIR / "deploy"
LOCATION = {"repositoryLocationName": "lead_funnel", "repositoryName": "__repository__"}
PYTHON = Path(sys.executable).parent

Found = TypeVar("Found")


def wait_for(what: str, look: Callable[[], Found | None], seconds: float = 60) -> Found:
    """What `look` finds, once it finds something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.2)
    raise AssertionError(f"waited {seconds} s for {what}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    """Whether a webserver does."""
    try:
        return httpx.get(f"{url}/server_info", timeout=10).is_success
    except httpx.TransportError:
        return False


def unit(name: str) -> ConfigParser:
    """What a unit file of deploy/systemd says."""
    parser = ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(DEPLOY / "systemd" / name, encoding="utf-8")
    return parser


def example_environment(places: Mapping[str, str]) -> dict[str, str]:
    """The example of an environment file, with other `places` than a real machine's."""
    text = (DEPLOY / "lead-funnel.env.example").read_text(encoding="utf-8")
    for place, other in places.items():
        text = text.replace(place, other)
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


@dataclass
class Services:
    """The four services on one machine; each can be started, and killed as systemd would."""

    folder: Path
    environment: dict[str, str]
    ports: dict[str, int]
    _processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where the operators' webserver listens."""
        return f"http://127.0.0.1:{self.ports['webserver']}"

    @property
    def viewer_url(self) -> str:
        """Where the read-only webserver listens."""
        return f"http://127.0.0.1:{self.ports['viewer']}"

    def command(self, name: str) -> list[str]:
        """The command line of the unit, in this environment and on the test's port."""
        line = unit(f"lead-funnel-{name}.service")["Service"]["ExecStart"]
        line = line.replace("/opt/lead-funnel/.venv/bin", str(PYTHON))
        line = line.replace("/opt/lead-funnel", str(PROJECT_DIR))
        for variable, value in self.environment.items():
            line = line.replace(f"${{{variable}}}", value)
        words = shlex.split(line)
        if "--port" in words:
            words[words.index("--port") + 1] = str(self.ports[name])
        return words

    def start(self, *names: str) -> None:
        """Start services, without waiting for them."""
        for name in names:
            with (self.folder / f"{name}.log").open("ab") as log:
                self._processes[name] = subprocess.Popen(
                    self.command(name),
                    cwd=self.environment["DAGSTER_HOME"],
                    env={
                        "PATH": f"{PYTHON}:{os.environ['PATH']}",
                        "PYTHONPATH": str(PROJECT_DIR),
                        **self.environment,
                    },
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )

    def kill(self, *names: str, how: signal.Signals = signal.SIGKILL) -> None:
        """End services with every process that they started."""
        for name in names:
            process = self._processes.pop(name)
            os.killpg(process.pid, how)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def stop(self) -> None:
        """End whatever runs still."""
        for name in ("daemon", "webserver", "viewer", "code"):
            if name in self._processes:
                self.kill(name)

    def log(self, name: str) -> str:
        """What a service wrote since its first start."""
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def ask(self, query: str, *, url: str | None = None, **variables: Any) -> dict[str, Any]:
        """The webserver's answer to a GraphQL query."""
        reply = httpx.post(
            f"{url or self.url}/graphql",
            json={"query": query, "variables": variables},
            timeout=60,
        )
        reply.raise_for_status()
        answer = reply.json()
        assert "errors" not in answer, answer["errors"]
        return dict(answer["data"])

    def launch(self, job: str = "__ASSET_JOB", **selection: Any) -> str:
        """Launch a run as the UI does, and give its id; `selection` is of assets or of checks."""
        selector = {**LOCATION, "jobName": job, **selection}
        launched = self.ask(LAUNCH, selector=selector)["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["id"])

    def findings(self) -> list[Finding]:
        """What `funnel services` finds; nothing while the webserver does not answer."""
        try:
            return examine_services(self.url)
        except ServicesError:
            return []

    def wait_until(self, part: str, seconds: float = 240) -> None:
        """Wait until every part whose name starts with `part` is well."""

        def are_well() -> bool:
            found = [one for one in self.findings() if one.check.startswith(part)]
            return bool(found) and all(one.level == Level.ok for one in found)

        try:
            wait_for(part, are_well, seconds)
        except AssertionError:
            logs = "\n".join(f"{name}: {self.log(name)[-3000:]}" for name in self._processes)
            raise AssertionError(f"{self.findings()}\n{logs}") from None


LAUNCH = """
mutation($selector: JobOrPipelineSelector!) {
  launchRun(executionParams: {selector: $selector}) {
    __typename
    ... on LaunchRunSuccess { run { id } }
    ... on UnauthorizedError { message }
    ... on PythonError { message }
  }
}
"""


@contextmanager
def installed(postgres_url: str, **environment: str) -> Iterator[Services]:
    """An installation as the guide makes it, in folders of its own; nothing runs yet."""
    # Not under pytest's folders: the path of a socket has at most 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="funnel-dagster-"))
    state, run, home = folder / "state", folder / "run", folder / "home"
    for made in (state, run, home):
        made.mkdir()
    example = example_environment(
        {
            "/var/lib/lead-funnel": str(state),
            "/run/lead-funnel": str(run),
            "/opt/lead-funnel/deploy": str(home),
        }
    )
    shutil.copy(DEPLOY / "workspace.yaml", home)
    (home / "dagster.yaml").write_text(yaml.safe_dump(impatient(DEPLOY / "dagster.yaml")))
    services = Services(
        folder,
        {**example, "DAGSTER_POSTGRES_URL": postgres_url, "FUNNEL_THREADS": "1", **environment},
        {name: free_port() for name in ("webserver", "viewer")},
    )
    try:
        yield services
    finally:
        services.stop()
        shutil.rmtree(folder)


def impatient(file: Path) -> dict[str, Any]:
    """The instance's configuration; only the pauses between two looks are shorter."""
    config = dict(yaml.safe_load(file.read_text(encoding="utf-8")))
    config["run_monitoring"]["poll_interval_seconds"] = 2
    config["run_launcher"]["config"]["patience_seconds"] = 20
    return config
