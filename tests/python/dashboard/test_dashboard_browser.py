"""The page in a real browser without a network: every chart is drawn, and nothing else happens.

The picture docs/images/dashboard.png comes from here: FUNNEL_PICTURES=docs/images pytest ...
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from read_page import HOSTILE, ReadPage

from orchestration.dashboard.charts import QUESTIONS

CHROMIUM = shutil.which("chromium")
WIDE, PHONE = {"width": 1280, "height": 2000}, {"width": 375, "height": 800}
CUT_TEXTS = """
    [...document.querySelectorAll('.chart')].flatMap(place => {
        const box = place.getBoundingClientRect();
        return [...place.querySelectorAll('svg text')].filter(text => {
            const inner = text.getBoundingClientRect();
            const is_shown = text.getAttribute("opacity") !== "0" && inner.width;
            return is_shown && (inner.left < box.left - 1 || inner.right > box.right + 1);
        }).map(text => place.id + ': ' + text.textContent);
    })
"""
"""Texts of charts that stick out of their place."""

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no browser; on Debian: apt-get install chromium"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        yield browser
        browser.close()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[..., Page]]:
    """`opened(page, **context)`: drawn, without an error and without asking for anything."""
    contexts, told, asked = [], [], []

    def open_page(page: ReadPage, **context: Any) -> Page:
        made = browser.new_context(offline=True, **{"viewport": WIDE, **context})
        contexts.append(made)
        tab = made.new_page()
        tab.on("pageerror", lambda error: told.append(str(error)))
        tab.on("console", lambda message: told.append(f"{message.type}: {message.text}"))
        tab.on("dialog", lambda dialog: told.append(f"dialog: {dialog.message}"))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(page.path.as_uri())
        tab.wait_for_selector("html[data-drawn=yes]", state="attached", timeout=60_000)
        assert asked == [page.path.as_uri()]
        asked.clear()
        return tab

    yield open_page
    for made in contexts:
        made.close()
    assert told == []
    assert asked == []


def drawn(tab: Page) -> list[str]:
    """The sections whose chart has marks."""
    return tab.evaluate(
        "[...document.querySelectorAll('.chart')]"
        ".filter(place => place.querySelector('svg .role-mark :is(path, line, text)'))"
        ".map(place => place.id.replace('chart-', ''))"
    )


@pytest.mark.parametrize(
    ("language", "context"),
    [
        pytest.param("en", {"viewport": WIDE}, id="desk"),
        pytest.param("es", {"viewport": PHONE}, id="Spanish phone"),
        pytest.param("en", {"viewport": PHONE, "color_scheme": "dark"}, id="dark phone"),
    ],
)
def test_every_chart_is_drawn_and_nothing_is_cut(
    language: str,
    context: dict[str, Any],
    page: Callable[..., ReadPage],
    opened: Callable[..., Page],
) -> None:
    tab = opened(page(language), **context)
    assert drawn(tab) == [question.key for question in QUESTIONS]
    assert tab.evaluate("document.documentElement.scrollWidth") <= context["viewport"]["width"]
    assert tab.evaluate(CUT_TEXTS) == []


def test_picture_of_the_page(
    page: Callable[..., ReadPage], opened: Callable[..., Page], pictures: Path
) -> None:
    opened(page()).screenshot(path=pictures / "dashboard.png")
    assert (pictures / "dashboard.png").stat().st_size > 40_000, "the page is blank"


def test_months_stay_where_the_reader_is_elsewhere(
    page: Callable[..., ReadPage], opened: Callable[..., Page]
) -> None:
    texts = [
        opened(page(), timezone_id=zone).locator("#chart-conversion svg text").all_text_contents()
        for zone in ("Pacific/Auckland", "America/Los_Angeles")
    ]
    assert texts[0] == texts[1]
    assert "Jan 25" in texts[0]


def test_a_chart_tells_its_figures_to_a_screen_reader_and_to_a_mouse(
    page: Callable[..., ReadPage], opened: Callable[..., Page]
) -> None:
    tab = opened(page())
    assert (
        tab.locator("#chart-conversion").get_attribute("aria-label")
        == (page().specs["conversion"]["description"])
    )
    tab.locator("#chart-sla svg .mark-rect path").first.hover()
    tip = tab.locator("#vg-tooltip-element")
    tip.wait_for(state="visible")
    assert "2024" in tip.inner_text()


def test_landed_markup_does_nothing(hostile_page: ReadPage, opened: Callable[..., Page]) -> None:
    tab = opened(hostile_page)
    assert tab.evaluate("document.hacked") is None
    tab.locator("#chart-attrition svg .mark-rect path").first.hover()
    tip = tab.locator("#vg-tooltip-element")
    tip.wait_for(state="visible")
    assert HOSTILE in tip.inner_text()
    assert tab.locator("img").count() == 0
    assert tab.evaluate("document.hacked") is None


def test_no_script_runs_but_the_two_of_the_page(
    page: Callable[..., ReadPage], browser: Browser, tmp_path: Path
) -> None:
    markup = '<script>document.hacked=1</script><img src="x" onerror="document.hacked=1"><main>'
    spoilt = tmp_path / "spoilt.html"
    spoilt.write_text(page().text.replace("<main>", markup, 1), encoding="utf-8")
    tab = browser.new_page()
    tab.goto(spoilt.as_uri())
    tab.wait_for_selector("html[data-drawn=yes]", state="attached", timeout=60_000)
    assert tab.evaluate("document.hacked") is None
    assert len(drawn(tab)) == len(QUESTIONS)
    tab.close()


def test_sentences_stand_where_there_is_no_chart(
    empty_page: ReadPage, opened: Callable[..., Page]
) -> None:
    tab = opened(empty_page)
    assert drawn(tab) == []
    assert tab.locator(".card .nothing").count() == len(QUESTIONS)
