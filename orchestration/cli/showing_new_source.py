"""Output of `funnel source new`."""

from typing import TYPE_CHECKING

import typer

from orchestration.cli.showing import new_table, print_table
from orchestration.text import printable

if TYPE_CHECKING:
    from rich.table import Table

    from orchestration.source_new import NewSource


def show_new_source(made: "NewSource") -> None:
    """Show what was written, what was guessed, and last what is open."""
    for path in made.landed:
        typer.echo(f"Copied to {path}")
    for refused in made.refused:
        typer.echo(f"{typer.style('left out', fg=typer.colors.RED)} {printable(refused.file)}")
        typer.echo(f"         {refused.why}")
    if not made.written:
        typer.echo(f"Nothing is new in source {made.source}: {made.folder} was not changed.")
    else:
        print_table(guesses_table(made))
        for path in made.written:
            typer.echo(f"Written: {path}")
    for change in made.to_add:
        typer.echo(f"\nTo add to {change.place}:\n{change.text}")
    if made.open:
        typer.echo(f"\n{len(made.open)} open question(s), marked `open:` in {made.folder}:")
    for question in made.open:
        typer.echo(f"  {question}")
    typer.echo(f"\nNext: funnel source check {made.source}")


def guesses_table(made: "NewSource") -> "Table":
    """The guesses of a proposal, a line each."""
    table = new_table((), "raw table", "column", "is", "because", "")
    for mapping in made.proposal.mappings:
        before = mapping.raw.name
        for guess in mapping.columns.values():
            table.add_row(
                before,
                printable(", ".join(guess.raw_columns) or guess.expression),
                f"{mapping.table}.{guess.column}",
                printable(guess.reason),
                "open" if guess.question else "",
            )
            before = ""
    return table
