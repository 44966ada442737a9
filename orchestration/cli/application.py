"""The application `funnel`: its options before the command, and how a failure ends it."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from orchestration.errors import FunnelError
from orchestration.text import printable

INTERRUPTED = 130
TERMINATED = 143
"""Exit codes of a shell for what SIGINT and SIGTERM ended: 128 and the number of the signal."""
NO_INPUT_OUTPUT = 74
"""Exit code of sysexits' EX_IOERR."""


class FunnelGroup(TyperGroup):
    """Ends an expected failure with its message and exit code, without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            with _sigterm_ends_it():
                return super().invoke(ctx)
        except FunnelError as error:
            if ctx.params.get("debug"):
                raise
            _fail(str(error), error.exit_code)
        except OSError as error:
            if ctx.params.get("debug"):
                raise
            remedy = "`funnel doctor` looks for the cause. The current release stays as it is."
            _fail(f"{error}. {remedy}", NO_INPUT_OUTPUT)
        except KeyboardInterrupt:
            _fail("Interrupted. The current release stays as it is.", INTERRUPTED)


app = typer.Typer(
    cls=FunnelGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The open lead-funnel warehouse: from landed files to published funnel marts.",
    epilog="A setting comes from its flag, else its variable FUNNEL_*, else funnel.toml in the "
    "current directory, else its default.",
)


@app.callback()
def main(
    show_version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Show the version and exit.",
            is_eager=True,
            callback=lambda wanted: _show_version() if wanted else None,
        ),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Options that come before the command."""


@contextmanager
def _sigterm_ends_it() -> Iterator[None]:
    """End the block as Ctrl-C does where SIGTERM is sent: what it holds and started is let go.

    Left to the system, it would end the process at once and leave dbt's semaphores behind.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    was_sent = False

    def interrupt(*_: Any) -> None:
        nonlocal was_sent
        # a second one must not interrupt what ends because of the first
        if not was_sent:
            was_sent = True
            # dbt and DuckDB know how to be interrupted
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except BaseException:
        # DuckDB makes another exception of it
        if was_sent:
            _fail("Ended by SIGTERM. The current release stays as it is.", TERMINATED)
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def _show_version() -> None:
    typer.echo(f"funnel {version('lead_funnel')}")
    raise typer.Exit


def _fail(message: str, exit_code: int) -> None:
    shown = printable(message, keep="\n")
    typer.secho(f"Error: {shown}", fg=typer.colors.RED, err=True)
    raise typer.Exit(exit_code)
