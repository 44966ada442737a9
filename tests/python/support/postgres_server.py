"""A real PostgreSQL server for tests, from Debian's package, in a folder of its own."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

SUPERUSER = "admin"
PASSWORD = "s3cr3t-of-the-tests"
BINARIES = "usr/lib/postgresql/*/bin"


def find_binaries() -> Path | None:
    """The folder of the newest server's programs; None where none is installed."""
    found = [path for path in Path("/").glob(BINARIES) if (path / "initdb").is_file()]
    return max(found, key=lambda path: float(path.parent.name), default=None)


@dataclass
class PostgresServer:
    """A server that was started by the tests and can be stopped, killed and started again."""

    binaries: Path
    folder: Path
    port: int
    _numbers: Iterator[int] = field(default_factory=count)

    def url(
        self, database: str = "postgres", user: str = SUPERUSER, password: str = PASSWORD
    ) -> str:
        """How a client connects, over TCP and with a password."""
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def new_database(self, owner: str = "owner") -> str:
        """URL of an empty database whose owner is no superuser and has the same password."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            if not connection.execute("select from pg_roles where rolname = %s", [owner]).rowcount:
                create_role = sql.SQL("create role {} login createrole password {}")
                connection.execute(create_role.format(sql.Identifier(owner), PASSWORD))
            create = sql.SQL("create database {} owner {}")
            connection.execute(create.format(sql.Identifier(name), sql.Identifier(owner)))
        return self.url(name, owner)

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self._run("pg_ctl", "-D", "data", "-l", "log", "-o", options, "-w", "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop; `immediate` kills every process of the server, as a crash does."""
        self._run("pg_ctl", "-D", "data", "-m", mode, "-w", "stop")

    def initialise(self) -> None:
        """Make the data folder."""
        secret = self.folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        secret.chmod(0o644)
        self._run(
            *("initdb", "-D", "data", "-U", SUPERUSER, f"--pwfile={secret}"),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"),
        )

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.binaries / program, *arguments],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **_not_as_root(),
        )
        assert done.returncode == 0, f"{program}: {done.stdout}"


@contextmanager
def running_server(binaries: Path) -> Iterator[PostgresServer]:
    """A server that runs while the block does."""
    # Not under pytest's folders: those are closed to the user that the server runs as.
    folder = Path(tempfile.mkdtemp(prefix="funnel-postgres-"))
    if user := _not_as_root().get("user"):
        shutil.chown(folder, user)
    server = PostgresServer(binaries, folder, _free_port())
    try:
        server.initialise()
        server.start()
        yield server
        server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _not_as_root() -> dict[str, Any]:
    # The server refuses to run as root; Debian's package brings the user `postgres`.
    if os.geteuid() != 0:
        return {}
    names = [entry.pw_name for entry in pwd.getpwall()]
    user = "postgres" if "postgres" in names else "nobody"
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
