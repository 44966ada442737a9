"""`funnel erase` on the command line, up to the point where it would change something."""

from pathlib import Path

import pytest
from town import ADA, TRACES, warehouse_of
from typer.testing import CliRunner, Result

from orchestration.cli import app


def run(town: Path, *arguments: str, typed: str = "") -> Result:
    folders = ["--warehouse", str(town / "warehouse"), "--landing", str(town / "landing")]
    return CliRunner().invoke(app, ["erase", *arguments, *folders], input=typed)


def test_a_dry_run_counts_and_names_nobody(built_town: Path) -> None:
    result = run(built_town, "--email", "-", "--dry-run", typed=f"{ADA[0]}\n")
    assert result.exit_code == 0, result.output
    assert "Found one person: 3 leads, 2 e-mail addresses, 1 other ids" in result.output
    assert "raw_files.activities" in result.output
    assert not [trace for trace in TRACES if trace in result.output]
    assert not warehouse_of(built_town).erasures_dir.exists()


def test_it_asks_before_it_erases(built_town: Path) -> None:
    result = run(built_town, "--lead-id", "ada-0001", typed="n\n")
    assert result.exit_code == 1
    assert "Erase this person? This cannot be undone." in result.output
    assert not warehouse_of(built_town).erasures_dir.exists()


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        ((), 2, "--email or --lead-id"),
        (("--email", ADA[0], "--lead-id", "ada-0001"), 2, "--email or --lead-id"),
        (("--email", "-"), 2, "--email is empty"),
        (("--email", "nobody@home.example"), 1, "Nobody in the warehouse has this e-mail address"),
    ],
)
def test_it_says_what_is_wrong(
    built_town: Path, arguments: tuple[str, ...], exit_code: int, message: str
) -> None:
    result = run(built_town, *arguments)
    assert result.exit_code == exit_code
    assert message in result.output
    assert "nobody@home.example" not in result.output
