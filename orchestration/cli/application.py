"""The application `funnel`: its options before the command, and how a failure ends it."""

from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from orchestration.errors import FunnelError
from orchestration.text import printable

INTERRUPTED = 130
NO_INPUT_OUTPUT = 74
"""Exit code of sysexits' EX_IOERR."""


class FunnelGroup(TyperGroup):
    """Ends an expected failure with its message and exit code, without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
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


def _show_version() -> None:
    typer.echo(f"funnel {version('lead_funnel')}")
    raise typer.Exit


def _fail(message: str, exit_code: int) -> None:
    shown = printable(message, keep="\n")
    typer.secho(f"Error: {shown}", fg=typer.colors.RED, err=True)
    raise typer.Exit(exit_code)
