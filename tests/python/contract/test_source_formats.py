"""Formats declared for a source, a table and a column override each other; in a small project."""

import json
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import pytest

from orchestration.build.dbt import close_database
from orchestration.contract import PROJECT_DIR

Formats = dict[str, dict[str, Any]]
Run = Callable[..., tuple[str, bool]]

FILES = {
    "dbt_project.yml": """
name: toy
profile: toy
macro-paths: [macros, contract, dialect, checks]
vars:
  source_formats: {}
flags: {send_anonymous_usage_stats: false}
""",
    "profiles.yml": """
toy:
  target: toy
  outputs:
    toy: {type: duckdb, path: ":memory:"}
""",
    "models/_acme__sources.yml": """
sources:
  - name: acme
    config: {meta: {format: {decimal_mark: ",", time_zone: Europe/Madrid}}}
    tables:
      - name: plain
        columns: [{name: price}, {name: id}]
      - name: sales
        config: {meta: {format: {time_zone: America/Lima, null_words: ["-"]}}}
        columns:
          - {name: price, config: {meta: {format: {thousands_mark: ","}}}}
          - {name: id}
""",
    "macros/printed.sql": """
{% macro printed(table_name=none, column_name=none) %}
    {{ print(tojson(source_format('acme', table_name, column_name))) }}
{% endmacro %}
{% macro printed_expression(expression, data_type='double', settings=none) %}
    {% set tables = ['plain', 'sales'] %}
    {{ print(tojson(format_of_expression('acme', tables, expression, data_type, settings))) }}
{% endmacro %}
""",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a macro of the small project, in this process: its output, and if it worked."""
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("toy")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    for name in ("contract", "dialect", "checks"):
        (folder / name).symlink_to(PROJECT_DIR / "macros" / name)

    def run(macro: str, formats: Formats | None = None, **arguments: Any) -> tuple[str, bool]:
        command = [
            *("--quiet", "run-operation", macro, "--args", json.dumps(arguments)),
            *("--vars", json.dumps({"source_formats": formats or {}})),
            *("--project-dir", str(folder), "--profiles-dir", str(folder)),
        ]
        with redirect_stdout(StringIO()) as output:
            try:
                done = dbtRunner().invoke(command)
            finally:
                close_database()
        return output.getvalue(), done.success

    return run


def settings(done: tuple[str, bool], *names: str) -> tuple[Any, ...]:
    output, worked = done
    assert worked, output
    found = json.loads(output.strip().splitlines()[-1])
    return tuple(found[name] for name in names)


MARKS_AND_ZONE = ("decimal_mark", "thousands_mark", "time_zone", "null_words")


def test_a_column_overrides_its_table_and_a_table_its_source(run: Run) -> None:
    of_plain = run("printed", table_name="plain", column_name="price")
    of_sales = run("printed", table_name="sales", column_name="price")
    assert settings(of_plain, *MARKS_AND_ZONE) == (",", ".", "Europe/Madrid", [])
    assert settings(of_sales, *MARKS_AND_ZONE) == (".", ",", "America/Lima", ["-"])


def test_the_variable_overrides_the_yml_of_the_same_name(run: Run) -> None:
    formats = {
        "acme": {"time_zone": "UTC", "null_words": ["x"]},
        "acme.sales.price": {"decimal_mark": ","},
    }
    of_plain = run("printed", formats, table_name="plain", column_name="price")
    of_sales = run("printed", formats, table_name="sales", column_name="price")
    assert settings(of_plain, *MARKS_AND_ZONE) == (",", ".", "UTC", ["x"])
    assert settings(of_sales, *MARKS_AND_ZONE) == (",", ".", "America/Lima", ["-"])


def test_an_expression_of_columns_in_several_formats_needs_its_own(run: Run) -> None:
    asked = run("printed_expression", expression="trim(price)")
    assert not asked[1]
    assert "`trim(price)` are written in several formats" in asked[0]
    told = run("printed_expression", expression="trim(price)", settings={"decimal_mark": "."})
    assert settings(told, "decimal_mark", "time_zone") == (".", "Europe/Madrid")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"decimal_separator": ","}, "decimal_separator is not a setting; there are: decimal_mark"),
        ({"decimal_mark": ";"}, "decimal_mark is ;, not one of"),
        (
            {"date_formats": ["epoch"]},
            "'epoch' is neither a strptime format nor one of: excel_days",
        ),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_name(
    run: Run, setting: dict[str, Any], message: str
) -> None:
    output, worked = run("printed", {"acme": setting})
    assert not worked
    assert f"The format of acme: {message}" in output
