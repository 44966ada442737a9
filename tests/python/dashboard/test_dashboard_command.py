"""`funnel dashboard`, as an operator types it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration import cli
from orchestration.releases import current_release_id
from orchestration.warehouse.paths import Warehouse

funnel = CliRunner()


@pytest.fixture(autouse=True)
def _desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FUNNEL_WAREHOUSE", raising=False)


def test_help_names_file_and_languages() -> None:
    explained = funnel.invoke(
        cli.app, ["dashboard", "--help"], prog_name="funnel", env={"COLUMNS": "200"}
    )
    assert explained.exit_code == 0
    for part in ("--out", "dashboard/index.html", "--language", "en", "es"):
        assert part in explained.output


def test_without_a_release_one_sentence_says_what_to_do() -> None:
    refused = funnel.invoke(cli.app, ["dashboard"])
    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: There is no release in ")
    assert "`funnel build`" in refused.stderr
    assert not Path("warehouse").exists()


def test_page_goes_where_it_is_told(demo_warehouse: Warehouse) -> None:
    options = ["--warehouse", str(demo_warehouse.root), "--out", "shown/page.html"]
    made = funnel.invoke(cli.app, ["dashboard", *options, "--language", "es"])
    assert made.exit_code == 0, made.output
    assert f"Release {current_release_id(demo_warehouse)}, 10 charts" in made.output
    assert '<html lang="es">' in Path("shown/page.html").read_text(encoding="utf-8")
    assert not (demo_warehouse.root / "dashboard").exists()


def test_unknown_language_is_refused(demo_warehouse: Warehouse) -> None:
    options = ["--warehouse", str(demo_warehouse.root), "--language", "fr"]
    refused = funnel.invoke(cli.app, ["dashboard", *options])
    assert refused.exit_code == 2
    assert "'en', 'es'" in refused.stderr
