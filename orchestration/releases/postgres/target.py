"""The PostgreSQL target, and the one transaction that changes it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from orchestration.errors import FunnelError

if TYPE_CHECKING:
    from orchestration.settings import Settings

DEFAULTS = {
    "connect_timeout": "10",
    "fallback_application_name": "funnel",
    # a server or network that died in mid-sentence is noticed within a minute
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}
# What the database or the role may have set for its users; a load takes longer than a query, and
# nothing of a foreign schema may stand in for what we name.
SESSION = """
    set local statement_timeout = 0;
    set local lock_timeout = 0;
    set local idle_in_transaction_session_timeout = 0;
    set local search_path = '';
"""
UNREADABLE = (
    "FUNNEL_POSTGRES is no connection that PostgreSQL's clients understand; it is like "
    "postgresql://user@host:5432/database or 'host=... dbname=... user=...'. In a URL, special "
    "characters of a password are percent-encoded (@ is %40, / is %2F); or leave the password to "
    "PGPASSWORD or ~/.pgpass."
)


class PostgresError(FunnelError):
    """PostgreSQL cannot be reached or did not take what it was given."""


class PostgresAwayError(PostgresError):
    """PostgreSQL cannot be reached now, or others hold what is needed; it may pass by itself."""


@dataclass(frozen=True)
class Target:
    """A PostgreSQL database, and how the release is laid out there.

    `url` is a connection URL or `key=value` pairs, as libpq takes them; what it leaves out comes
    from PGPASSWORD, ~/.pgpass and the like. `prefix` stands before the names of the schemas.
    `reader` is the role that may read. `patience` is in seconds: how long readers' transactions and
    other synchronisations are waited for.
    """

    url: SecretStr
    prefix: str = ""
    reader: str = "funnel_reader"
    patience: float = 60

    @classmethod
    def of(cls, settings: "Settings") -> "Target | None":
        """The target that the settings name; None where they name none."""
        if settings.postgres is None:
            return None
        return cls(
            url=settings.postgres,
            prefix=settings.postgres_prefix,
            reader=settings.postgres_reader,
            patience=settings.postgres_patience,
        )


@contextmanager
def transaction(target: Target) -> Iterator[psycopg.Connection]:
    """One transaction, committed at the end of the block and rolled back where it fails.

    Raises:
        PostgresError: there is no connection (PostgresAwayError), or a statement failed. Never
            tells the password.
    """
    parameters = _parameters(target)
    try:
        # No prepared statements: a pool between us and the server may not keep them.
        with psycopg.connect(**parameters, prepare_threshold=None) as connection:  # type: ignore[arg-type]
            connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
            connection.execute(SESSION)
            yield connection
    except psycopg.Error as error:
        # what psycopg calls operational: connection, server, resources, locks
        may_pass = isinstance(error, psycopg.OperationalError)
        kind = PostgresAwayError if may_pass else PostgresError
        raise kind(_explanation(error, parameters)) from error


def _parameters(target: Target) -> dict[str, str]:
    try:
        given = conninfo_to_dict(target.url.get_secret_value())
    except psycopg.ProgrammingError:
        raise PostgresError(UNREADABLE) from None  # its text quotes what it could not read
    parameters = {**DEFAULTS, **{name: str(value) for name, value in given.items()}}
    # A password with an @ or / spills over into host or port, and messages quote those.
    ports = parameters.get("port", "").split(",")
    if "@" in parameters.get("host", "") or any(port and not port.isdigit() for port in ports):
        raise PostgresError(UNREADABLE)
    return parameters


def _explanation(error: psycopg.Error, parameters: dict[str, str]) -> str:
    lines = [str(error).strip()]
    if error.diag.message_hint:
        lines.append(f"Hint: {error.diag.message_hint}")
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        lines.append(
            "The user of FUNNEL_POSTGRES needs the right to create schemas (grant create on "
            "database DATABASE to USER), and to own what was published before."
        )
    text = "\n".join(lines)
    password = parameters.get("password")
    return text.replace(password, "***") if password else text
