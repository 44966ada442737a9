"""Fill the generated regions of the handbook's pages from the warehouse.

`make handbook`, or `python docs/kpis/handbook.py DATABASE` with the demo company's warehouse,
rewrites the marked regions of the pages in place and draws the pictures. A region ends at
`<!-- end -->`:

- `<!-- metric: key -->`: heading and declaration of a metric, from `marts.mart_metric_catalog`
- `<!-- query: name -->`: the query `queries/name.sql` and its answer
- `<!-- say: text -->`: the text, with `{column}` of the answer above it (`{column.2}`: second row)
- `<!-- index -->`: the metrics of all pages

Everything else in a page is written by hand, and holds no figure of the company.
"""

import re
import sys
import textwrap
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from pictures import draw

FOLDER = Path(__file__).resolve().parent
LANGUAGES = ("en", "es")
PAGES = (
    "traffic",
    "leads-and-mqls",
    "conversion",
    "time-and-loss",
    "deals",
    "service-levels",
    "scoring",
    "planning",
    "marketing",
    "customers",
)
REGION = re.compile(
    r"^<!-- (?P<kind>metric|query|say|index)(?:: (?P<what>(?:(?!-->).)*?))?\s+-->\n"
    r".*?^<!-- end -->$",
    re.M | re.S,
)
PLACEHOLDER = re.compile(r"\{(\w+)(?:\.(\d+))?\}")

WORDS = {
    "en": {
        "key": "Key",
        "unit": "unit",
        "owner": "owner",
        "version": "version",
        "formula": "Formula",
        "column": "Column",
        "benchmark": "Benchmark",
        "at least": "{} or more",
    },
    "es": {
        "key": "Clave",
        "unit": "unidad",
        "owner": "responsable",
        "version": "versión",
        "formula": "Fórmula",
        "column": "Columna",
        "benchmark": "Referencia",
        "at least": "{} o más",
        "entries": "entradas",
        "minutes": "minutos",
        "days": "días",
        "money": "importe (moneda del informe)",
        "per day": "por día",
        "persons": "personas",
        "points": "puntos",
        "position": "posición",
        "rank": "puesto",
        "ratio": "ratio",
        "share": "proporción (0 a 1)",
        "shares": "veces compartido",
        "views": "páginas vistas",
        "visitors": "visitantes",
        "money / persons": "importe por persona",
    },
}
WORDS["en"] |= {"money": "money (reporting currency)", "share": "share (0 to 1)"}


@dataclass(frozen=True)
class Answer:
    """The columns and rows of a query's answer."""

    columns: list[str]
    rows: list[tuple[Any, ...]]

    def cell(self, column: str, row: int) -> str:
        """The text of a cell; rows count from 1."""
        return shown(self.rows[row - 1][self.columns.index(column)])


def shown(value: Any) -> str:
    """A value as pages show it: with thousands separators, empty for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, (int, float)):
        return f"{value:,}"
    return str(value).replace("|", "\\|")


def wrapped(text: str) -> str:
    """The text in lines of at most 120 characters."""
    return textwrap.fill(
        " ".join(text.split()), 120, break_long_words=False, break_on_hyphens=False
    )


def table(answer: Answer) -> str:
    """The answer as a Markdown table, numbers to the right."""
    numeric = [
        any(isinstance(row[at], (int, float, Decimal)) for row in answer.rows)
        for at in range(len(answer.columns))
    ]
    lines = [
        answer.columns,
        ["---:" if is_number else "---" for is_number in numeric],
        *([shown(value) for value in row] for row in answer.rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


class Handbook:
    """The pages of all languages, over one warehouse."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Read the catalogue."""
        self._connection = connection
        catalogue = self._ask("select * from marts.mart_metric_catalog order by metric")
        rows = [dict(zip(catalogue.columns, cells, strict=True)) for cells in catalogue.rows]
        self.catalogue = {row["metric"]: row for row in rows}
        self._answers: dict[str, Answer] = {}

    def _ask(self, query: str) -> Answer:
        result = self._connection.execute(query)
        columns = [column[0] for column in result.description or []]
        return Answer(columns, result.fetchall())

    def _answer(self, name: str) -> Answer:
        if name not in self._answers:
            self._answers[name] = self._ask(sql_of(name))
        return self._answers[name]

    def page(self, path: Path) -> str:
        """The text that the page should have, with every region rewritten."""
        language = path.parent.name
        answers: list[Answer] = []

        def write(region: re.Match[str]) -> str:
            kind, what = region["kind"], region["what"] or ""
            opening = region[0][: region[0].index("-->\n") + 4]
            if kind == "metric":
                body = self._declaration(what, language)
            elif kind == "query":
                answers.append(self._answer(what))
                body = f"```sql\n{sql_of(what)}\n```\n\n{table(answers[-1])}"
            elif kind == "say":
                cells = answers[-1]
                body = wrapped(
                    PLACEHOLDER.sub(lambda hole: cells.cell(hole[1], int(hole[2] or 1)), what)
                )
            else:
                body = self._index(language)
            return f"{opening}{body}\n<!-- end -->"

        return REGION.sub(write, path.read_text(encoding="utf-8"))

    def _declaration(self, metric: str, language: str) -> str:
        row, words = self.catalogue[metric], WORDS[language]
        unit = words.get(row["unit"], row["unit"])
        lines = [
            f'<a id="{metric}"></a>\n',
            f"## {row['metric_label_' + language]}\n",
            f"{wrapped(row['definition_' + language])}\n",
            f"- {words['formula']}: `{row['formula']}`",
            f"- {words['key']}: `{metric}`; {words['unit']}: {unit}; {words['owner']}: "
            f"`{row['owner']}`; {words['version']} {row['definition_version']}",
        ]
        if row["answered_by"]:
            lines.append(f"- {words['column']}: `{row['answered_by']}`")
        if row["benchmark_low"] is not None:
            lines.append(f"- {words['benchmark']}: {benchmark(row, words)}")
        return "\n".join(lines)

    def _index(self, language: str) -> str:
        parts = []
        for name in PAGES:
            page = FOLDER / language / f"{name}.md"
            title = page.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
            parts.append(f"## [{title}]({name}.md)\n")
            for metric in metrics_of(page):
                row = self.catalogue[metric]
                definition = row["definition_" + language].split(". ")[0].rstrip(".")
                label = row["metric_label_" + language]
                parts.append(f"- [{label}]({name}.md#{metric}): {definition}.")
            parts.append("")
        return "\n".join(parts).rstrip()


def benchmark(row: dict[str, Any], words: dict[str, str]) -> str:
    """The range of a benchmark (all are shares), and its source."""
    low = f"{100 * row['benchmark_low']:g} %"
    if row["benchmark_high"] is None:
        spread = words["at least"].format(low)
    else:
        spread = f"{100 * row['benchmark_low']:g}-{100 * row['benchmark_high']:g} %"
    return f"{spread} ({row['benchmark_provenance']})"


def sql_of(name: str) -> str:
    """The text of a query of the handbook."""
    return (FOLDER / "queries" / f"{name}.sql").read_text(encoding="utf-8").strip()


def pages() -> list[Path]:
    """All pages; the index of a language comes last."""
    return [
        FOLDER / language / f"{name}.md" for language in LANGUAGES for name in (*PAGES, "README")
    ]


def metrics_of(page: Path) -> list[str]:
    """The metrics that the page has a section of, in order."""
    regions = REGION.finditer(page.read_text(encoding="utf-8"))
    return [region["what"] for region in regions if region["kind"] == "metric"]


def by_hand(page: Path) -> str:
    """The hand-written text of the page, without regions, links and code."""
    text = REGION.sub("", page.read_text(encoding="utf-8"))
    return re.sub(r"^```.*?^```|`[^`]*`|\]\([^)]*\)", "", text, flags=re.M | re.S)


def main(database: Path) -> None:
    """Rewrite the pages in place and draw the pictures."""
    with duckdb.connect(str(database), read_only=True) as connection:
        handbook = Handbook(connection)
        for page in pages():
            page.write_text(handbook.page(page), encoding="utf-8")
        for path, picture in draw(connection).items():
            path.write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
