"""The handbook of KPIs says what the catalogue and the demo company say."""

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import handbook
import pictures
import pytest

from orchestration.warehouse.paths import Warehouse

PAGES = handbook.pages()
FIGURE = re.compile(r"\d{3,}|\d[.,]\d|\d ?%")
# what a picture shows, and not where this machine's fonts put it
SHOWN = re.compile(r'aria-label="([^"]*)"|>([^<>]+)</text>|"line mark" d="([^"]*)"')


@pytest.fixture(scope="module")
def connection(demo_warehouse: Warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(demo_warehouse.current_database), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def written(connection: duckdb.DuckDBPyConnection) -> handbook.Handbook:
    return handbook.Handbook(connection)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_page_is_what_the_generator_writes(page: Path, written: handbook.Handbook) -> None:
    assert page.read_text(encoding="utf-8") == written.page(page), "run `make handbook`"


@pytest.mark.parametrize("language", handbook.LANGUAGES)
def test_each_metric_has_one_section(language: str, written: handbook.Handbook) -> None:
    pages = [page for page in PAGES if page.parent.name == language]
    assert sorted(m for page in pages for m in handbook.metrics_of(page)) == sorted(
        written.catalogue
    )


@pytest.mark.parametrize("name", [*handbook.PAGES, "README"])
def test_languages_have_the_same_regions(name: str) -> None:
    english, spanish = (
        [
            region["what"]
            for region in handbook.REGION.finditer(page.read_text(encoding="utf-8"))
            if region["kind"] != "say"
        ]
        for page in (handbook.FOLDER / language / f"{name}.md" for language in handbook.LANGUAGES)
    )
    assert english == spanish


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_no_figure_is_typed_by_hand(page: Path) -> None:
    text = handbook.by_hand(page).replace("95 %", "").replace("100 %", "")
    assert not FIGURE.findall(text), "a figure of the demo belongs into a `say` region"
    assert "<!--" not in text, "a mark without an end, or of an unknown kind"
    assert not re.search("^##", text, re.M), "headings are those of metrics"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_links_to_metrics_lead_to_them(page: Path) -> None:
    for target, metric in re.findall(r"\]\(([\w-]*(?:\.md)?)#(\w+)\)", page.read_text("utf-8")):
        assert metric in handbook.metrics_of(page.parent / (target or page.name))


def test_each_query_is_shown() -> None:
    queries = {path.stem for path in handbook.FOLDER.glob("queries/*.sql")}
    shown = {
        region["what"]
        for page in PAGES
        for region in handbook.REGION.finditer(page.read_text(encoding="utf-8"))
        if region["kind"] == "query"
    }
    assert shown == queries


def test_pictures_show_the_demo(connection: duckdb.DuckDBPyConnection) -> None:
    drawn = pictures.draw(connection)
    assert sorted(pictures.FOLDER.glob("*.svg")) == sorted(drawn)
    for path, picture in drawn.items():
        kept = path.read_text(encoding="utf-8")
        assert SHOWN.findall(kept) == SHOWN.findall(picture), f"{path}: run `make handbook`"


def test_pictures_are_on_the_pages() -> None:
    for language in handbook.LANGUAGES:
        text = "".join(p.read_text(encoding="utf-8") for p in PAGES if p.parent.name == language)
        linked = set(re.findall(r"images/kpis/([\w.]+)", text))
        assert linked == {path.name for path in pictures.FOLDER.glob(f"*.{language}.svg")}
