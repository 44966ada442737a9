"""A written page, read as a browser's parser reads it."""

import html
import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb

from orchestration.warehouse.paths import Warehouse

Changed = Callable[[], AbstractContextManager[tuple[Warehouse, duckdb.DuckDBPyConnection]]]
"""Gives a copy of the demo company's release, and a connection that may change it."""

HOSTILE = '</script><script>document.hacked=1</script><img src=x onerror="document.hacked=1">\'{{'


class _Reader(HTMLParser):
    """Elements with their attributes, and the text of the page's JSON."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.json = ""
        self._in_json = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.elements.append((tag, found))
        self._in_json = tag == "script" and found.get("type") == "application/json"

    def handle_data(self, data: str) -> None:
        if self._in_json:
            self.json += data

    def handle_endtag(self, tag: str) -> None:
        self._in_json = self._in_json and tag != "script"


@dataclass(frozen=True)
class ReadPage:
    """A page as a browser's parser finds it."""

    path: Path
    text: str
    elements: list[tuple[str, dict[str, str]]]
    specs: dict[str, dict[str, Any]]

    def section(self, key: str) -> str:
        """The HTML of a section or tile."""
        found = re.search(rf'<article class="\w+" id="{key}".*?</article>', self.text, re.S)
        assert found, key
        return found.group()

    def tile(self, metric: str) -> float:
        """The exact value behind a tile."""
        found = re.search(r'<data value="([^"]+)">', self.section(f"tile-{metric}"))
        assert found, metric
        return float(found.group(1))

    def headline(self, key: str) -> str:
        """The answer of a section."""
        found = re.search(r"<h3[^>]*>(.*?)</h3>", self.section(key), re.S)
        assert found, key
        return html.unescape(found.group(1)).replace("\u00a0", " ")

    def queries(self, key: str) -> list[str]:
        """The queries that are printed in a section."""
        return [
            html.unescape(query)
            for query in re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", self.section(key), re.S)
        ]

    def values(self, key: str) -> list[dict[str, Any]]:
        """The data of a chart: of its data sets, the longest."""
        longest: list[dict[str, Any]] = max(self.specs[key]["datasets"].values(), key=len)
        return longest


def read(path: Path) -> ReadPage:
    text = path.read_text(encoding="utf-8")
    reader = _Reader()
    reader.feed(text)
    return ReadPage(path, text, reader.elements, json.loads(reader.json)["specs"])
