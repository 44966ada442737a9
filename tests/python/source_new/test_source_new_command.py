"""The commands `funnel source new` and `funnel source show`, without dbt.

The picture docs/images/source-new.svg comes from here: FUNNEL_PICTURES=docs/images pytest ...
"""

import re
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.cli.showing_new_source import guesses_table, show_new_source
from orchestration.settings import load_settings
from orchestration.source_new import NewSource, new_source
from orchestration.source_new.overview import sources_there_are

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "bring-your-own-data.md"
FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Rich names fonts on a server; whoever looks at the picture has one."""


@pytest.fixture
def made(tmp_path: Path) -> NewSource:
    """The proposal for the files of the guide."""
    landing = tmp_path / "landing"
    (landing / "acme").mkdir(parents=True)
    text = GUIDE.read_text(encoding="utf-8")
    for name, rows in re.findall(r"cat > landing/(acme/\w+\.csv) <<'END'\n(.*?)END\n", text, re.S):
        (landing / name).write_text(rows, encoding="utf-8")
    return new_source(landing, "acme", project_dir=tmp_path)


def test_guesses_and_questions_are_shown(
    made: NewSource, capsys: pytest.CaptureFixture[str]
) -> None:
    show_new_source(made)
    shown = capsys.readouterr().out
    assert re.search(r"contactos +id +leads.lead_id +header 'id'", shown)
    assert re.search(r"importe +orders.amount +header 'importe'; 100 % are numbers", shown)
    assert "stg_acme__orders.sql: status: is all of it paid?" in shown
    assert "stage_map: what does 'En visita' mean? (1 rows)" in shown
    assert shown.endswith("Next: funnel source check acme\n")


def test_nothing_new_is_said(
    made: NewSource, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert made.written
    show_new_source(new_source(tmp_path / "landing", "acme", project_dir=tmp_path))
    assert "Nothing is new in source acme" in capsys.readouterr().out


def test_picture_of_the_guide(made: NewSource, pictures: Path) -> None:
    console = Console(record=True, width=118, file=StringIO(), highlight=False)
    console.print("$ funnel source new acme exports/*")
    console.print(guesses_table(made))
    console.print(f"{len(made.open)} open question(s), marked `open:` in models/staging/acme:")
    for question in made.open:
        console.print(f"  {question}", soft_wrap=True)
    drawn = FONTS.sub("", console.export_svg(title="funnel source new", unique_id="source-new"))
    assert "url(http" not in drawn
    assert "leads.lead_id" in drawn
    (pictures / "source-new.svg").write_text(drawn, encoding="utf-8")


def test_errors_are_for_the_person(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["source", "new", "Acme", "--landing", str(tmp_path)])
    assert done.exit_code == 2
    assert "is no name for a source" in done.stderr


def test_show_lists_each_source_its_files_and_what_they_fill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "landing" / "olist").mkdir(parents=True)
    leads = tmp_path / "landing" / "olist" / "olist_marketing_qualified_leads_dataset.csv"
    leads.write_text("mql_id\n", encoding="utf-8")
    shown = {
        (table.source, table.table): table
        for table in sources_there_are(load_settings({"sources": "olist"}))
    }
    mql = next(table for (source, _), table in shown.items() if source == "olist" and table.files)
    assert (mql.is_on, mql.files) == (True, 1)
    assert mql.fills == ("lead_status_changes", "leads")
    assert shown["files", "leads"].fills == ("leads",)
    assert not shown["files", "leads"].is_on
    done = CliRunner().invoke(app, ["source", "show", "--sources", "olist"])
    assert done.exit_code == 0
    assert re.search(r"olist +yes", done.stdout)
    assert re.search(r"realestate +no", done.stdout)
