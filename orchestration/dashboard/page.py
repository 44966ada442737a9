"""The page: what a release answers, as one HTML file that loads nothing."""

import base64
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from orchestration.dashboard.release import OpenRelease, open_current, query_text
from orchestration.dashboard.sections import TABLE_ROWS, sections
from orchestration.dashboard.tiles import glance
from orchestration.dashboard.words import Language
from orchestration.warehouse.paths import Warehouse

FOLDER = Path(__file__).parent
DEFAULT_FILE = Path("dashboard") / "index.html"
GROUPS = ("plan", "funnel", "sales", "marketing")


@dataclass(frozen=True)
class Page:
    """A written page: where, of which release, how large, and which sections have a chart."""

    path: Path
    release_id: str
    byte_count: int
    charts: tuple[str, ...]


@dataclass(frozen=True)
class Fact:
    """A line of the head; `is_good` is None where there is nothing to judge."""

    label: str
    value: str
    is_good: bool | None = None


def write_dashboard(warehouse: Warehouse, out: Path | None = None, language: str = "en") -> Page:
    """Write the page of the current release; a reader finds the old page or the new one, whole.

    `language` is one of `words.LANGUAGES`. `out` is the file to write; None is
    `dashboard/index.html` in the warehouse folder.

    Raises:
        NoReleaseError: nothing was published yet, or the release cannot be read.
    """
    path = out or warehouse.root / DEFAULT_FILE
    with open_current(warehouse) as release:
        html, charts = render(release, language)
        release_id = release.manifest.release_id
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    unfinished.write_text(html, encoding="utf-8")
    unfinished.replace(path)
    return Page(path, release_id, path.stat().st_size, charts)


def render(release: OpenRelease, language: str) -> tuple[str, tuple[str, ...]]:
    """The page as text, and the keys of the sections that have a chart."""
    say = Language(language, release.currency, release.zone)
    catalogue = {row["metric"]: row for row in release.ask(query_text("catalogue")).rows}
    shown = sections(release, catalogue, say)
    drawn = {section.key: section.spec for section in shown if section.spec}
    library, script = _library(), (FOLDER / "page.js").read_text(encoding="utf-8")
    html = (
        _environment(say)
        .get_template("page.html.j2")
        .render(
            say=say,
            as_of=_as_of(release, say),
            facts=list(_facts(release, say)),
            glance=glance(release, catalogue, say),
            groups={
                group: [section for section in shown if section.group == group] for group in GROUPS
            },
            table_rows=TABLE_ROWS,
            charts={
                "specs": drawn,
                "numbers": say.chart_numbers(),
                "dates": say.chart_dates(),
            },
            style=(FOLDER / "page.css").read_text(encoding="utf-8"),
            library=library,
            script=script,
            script_hashes=[_hash(library), _hash(script)],
        )
    )
    return html, tuple(drawn)


def _facts(release: OpenRelease, say: Language) -> Iterable[Fact]:
    """Facts about the release that a reader needs before its numbers."""
    manifest = release.manifest
    pinned = f" ({say.say('pinned')})" if manifest.provenance.is_pinned else ""
    yield Fact(say.say("speaks_for"), _as_of(release, say) + pinned)
    yield Fact(say.say("release"), manifest.release_id)
    yield Fact(say.say("made"), say.moment(manifest.created_at))
    yield Fact(say.say("zone_and_currency"), f"{release.zone}, {release.currency}")
    if manifest.provenance.sources:
        yield Fact(say.say("sources"), ", ".join(manifest.provenance.sources))
    yield _audit(release, say)
    yield _reconciliation(release, say)


def _as_of(release: OpenRelease, say: Language) -> str:
    as_of = release.manifest.provenance.as_of
    return say.moment(as_of) if as_of else say.say("no_value")


def _audit(release: OpenRelease, say: Language) -> Fact:
    checks = release.manifest.checks
    label = say.say("audit")
    if checks is None:
        return Fact(label, say.say("audit_none"), is_good=False)
    judged = say.number(checks.judged)
    parts = []
    if checks.warnings:
        count, names = say.number(len(checks.warnings)), ", ".join(checks.warnings)
        parts.append(say.say("audit_warns", count=count, judged=judged, names=names))
    if checks.accepted:
        parts.append(say.say("audit_accepted", names=", ".join(checks.accepted)))
    if parts:
        return Fact(label, "; ".join(parts), is_good=False)
    return Fact(label, say.say("audit_clean", judged=judged), is_good=True)


def _reconciliation(release: OpenRelease, say: Language) -> Fact:
    rows = release.ask(query_text("reconciliation")).rows
    label, checks = say.say("reconciliation"), sum(row["checks"] for row in rows)
    broken = [row for row in rows if row["broken"]]
    if not rows:
        return Fact(label, say.say("reconciliation_none"), is_good=False)
    if not broken:
        return Fact(label, say.say("reconciled", checks=say.number(checks)), is_good=True)
    return Fact(
        label,
        say.say(
            "not_reconciled",
            broken=say.number(sum(row["broken"] for row in broken)),
            checks=say.number(checks),
            names=", ".join(row["identity"] for row in broken),
        ),
        is_good=False,
    )


def _environment(say: Language) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = lambda value: _cell(value, say)
    environment.tests["figure"] = lambda value: (
        isinstance(value, int | float) and not isinstance(value, bool)
    )
    return environment


def _cell(value: Any, say: Language) -> str:
    """A value of a printed table."""
    if value is None:
        return say.say("no_value")
    if isinstance(value, bool):
        return "✓" if value else ""
    if isinstance(value, int | float):
        return say.number(value, 4)
    return value.isoformat() if isinstance(value, date) else str(value)


@cache
def _library() -> str:
    """Vega, Vega-Lite and vegaEmbed as one script, in which no HTML parser sees an end."""
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed")
    return bundle.replace("\r", "").replace("</script", r"<\/script").replace("<!--", r"<\!--")


def _hash(script: str) -> str:
    """The hash by which the page's policy knows a script: no other one runs."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
