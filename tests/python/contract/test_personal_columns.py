"""A raw column that a mapping makes personal data of is declared so, or nothing is loaded."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.build import personal_columns
from orchestration.build.personal_columns import undeclared_columns
from orchestration.contract import PROJECT_DIR, DeclarationError, RawTable, raw_tables

YML = "models/staging/acme/_acme__sources.yml"


def column(name: str, meta: str = "") -> str:
    config = f", config: {{meta: {{{meta}}}}}" if meta else ""
    return f"          - {{name: {name}, data_type: string, description: ''{config}}}\n"


def declare(project: Path, tables: dict[str, str]) -> None:
    """Write the yml of the source acme; columns by table."""
    path = project / YML
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "version: 2\nsources:\n  - name: acme\n    schema: raw_acme\n    tables:\n"
        + "".join(
            f"      - name: {name}\n        config: {{meta: {{files: acme/{name}*}}}}\n"
            f"        columns:\n{columns}"
            for name, columns in tables.items()
        )
        + "      - name: landed_files\n        description: ''\n",
        encoding="utf-8",
    )


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Finder":
    def tables(source: str) -> list[RawTable]:
        return raw_tables(source, tmp_path)

    monkeypatch.setattr(personal_columns, "raw_tables", tables)
    return Finder(tmp_path)


class Finder:
    def __init__(self, project: Path) -> None:
        self.project = project

    def __call__(self, tables: dict[str, str], contract: str, **columns: str) -> list[str]:
        """What is said of a mapping from a table to columns of the contract."""
        declare(self.project, tables)
        expressions = dict.fromkeys(personal_names(contract), "null") | columns
        selected = ", ".join(f"{text} as {name}" for name, text in expressions.items())
        sql = f"select {selected} from raw_acme.{next(iter(tables))}"
        return [f"{u.what} {u.fix}" for u in undeclared_columns("acme", {contract: sql})]


def personal_names(contract: str) -> list[str]:
    [table] = [table for table in raw_tables("files") if table.name == contract]
    return table.column_names


ID = column("id", "pii: lead_id")


def test_column_without_kind_is_named_with_what_it_feeds_and_the_line_to_add(
    found: Finder,
) -> None:
    [said] = found({"people": ID + column("correo")}, "leads", lead_id="id", email="lower(correo)")
    assert said.startswith(
        "acme.people.correo feeds leads.email and is not declared as personal. "
        f"Add `pii: email` to the meta of column 'correo' in {YML}"
    )


@pytest.mark.parametrize(
    ("declared", "contract", "fed", "is_fine"),
    [
        ("email", "leads", "email", True),
        ("true", "leads", "email", False),
        ("true", "leads", "name", True),
        ("email", "leads", "name", True),
        ("attribute", "leads", "name", False),
        ("true", "leads", "gender", True),
        ("free_text", "leads", "gender", False),
        ("attribute", "leads", "interest", True),
        ("true", "leads", "lead_id", False),
        ("customer_id", "leads", "lead_id", False),
        ("free_text", "leads", "country", True),
        ("false", "leads", "country", True),
        ("false", "leads", "interest", False),
    ],
)
def test_kind_has_to_fit_what_the_column_feeds(
    found: Finder, declared: str, contract: str, fed: str, is_fine: bool
) -> None:
    columns = ID + column("field", f"pii: {declared}")
    assert (found({"people": columns}, contract, **{fed: "field"}) == []) is is_fine


def test_row_of_a_personal_column_says_whose_it_is(found: Finder) -> None:
    [said] = found({"people": column("nombre", "pii: true")}, "leads", name="nombre")
    assert "acme.people.nombre feeds leads.name, and no column of people says whose row" in said


def test_column_that_feeds_two_ids_is_one_of_them(found: Finder) -> None:
    for kind, is_fine in (("lead_id", True), ("customer_id", True), ("visitor_id", False)):
        sold = column("who", f"pii: {kind}")
        said = found({"sales": sold}, "orders", lead_id="who", customer_id="who")
        assert (said == []) is is_fine


def test_column_that_the_yml_does_not_know_is_said(found: Finder) -> None:
    [said] = found({"people": ID}, "leads", lead_id="id", email="correo")
    assert said.startswith(
        "models/staging/acme/stg_acme__leads.sql: where leads.email comes from cannot be told: it "
        "takes correo from what is not declared. Declare the raw column"
    )


HISTORY = column("id", "pii: lead_id") + column("property")
PERSONAL = "email: email, firstname: true, lifecyclestage: false"


def history(pii: str) -> dict[str, str]:
    return {"history": HISTORY + column("value", f"pii: {{by: property, {pii}}}")}


def of(name: str) -> str:
    return f"case when property = '{name}' then value end"


def test_history_is_personal_by_property(found: Finder) -> None:
    mapped = {"email": of("email"), "name": of("firstname"), "status": of("lifecyclestage")}
    assert found(history(PERSONAL), "leads", lead_id="id", **mapped) == []


@pytest.mark.parametrize(
    ("pii", "said"),
    [
        ("email: email, lifecyclestage: false", "Property 'firstname' of acme.history.value feeds"),
        ("email: true, firstname: true, lifecyclestage: false", "Add `email: email` to the pii"),
        ("email: email, firstname: true", "Add `lifecyclestage: false` to the pii of column"),
    ],
)
def test_property_that_the_mapping_takes_is_declared(found: Finder, pii: str, said: str) -> None:
    mapped = {"email": of("email"), "name": of("firstname"), "status": of("lifecyclestage")}
    [problem] = found(history(pii), "leads", lead_id="id", **mapped)
    assert said in problem


def test_history_without_a_condition_is_said(found: Finder) -> None:
    [problem] = found(history(PERSONAL), "leads", lead_id="id", email="value")
    assert "acme.history.value feeds leads.email; by which property cannot be told" in problem


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (ID + column("value", "pii: {by: nonesuch, email: email}"), "Write it as `by: <column"),
        (ID + column("mail", "pii: emial"), "its pii is 'emial', which an erasure does not know"),
    ],
)
def test_declaration_that_no_erasure_could_follow_is_refused(
    tmp_path: Path, columns: str, said: str
) -> None:
    declare(tmp_path, {"people": columns})
    with pytest.raises(DeclarationError, match=said):
        raw_tables("acme", tmp_path)


PARTS = ("dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "tests/generic")
LEADS = """{{ map_table(source('acme', 'people'), {
    'lead_id': 'id', 'created_at': 'since', 'email': EMAIL
}) }}
"""


class Clone:
    """A clone of the project that has the source acme, with two people landed."""

    def __init__(self, folder: Path) -> None:
        self.project, self.folder = folder / "clone", folder
        for part in PARTS:
            copy = shutil.copytree if (PROJECT_DIR / part).is_dir() else shutil.copy
            (self.project / part).parent.mkdir(parents=True, exist_ok=True)
            copy(PROJECT_DIR / part, self.project / part)
        shutil.copytree(
            PROJECT_DIR / "orchestration",
            self.project / "orchestration",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        (folder / "landing" / "acme").mkdir(parents=True)

    def write(self, email: str, pii: str = "") -> None:
        """The mapping with this expression for the address, and what is declared of `correo`."""
        columns = ID + column("since") + column("correo", pii)
        declare(self.project, {"people": columns})
        mapping = (self.project / YML).with_name("stg_acme__leads.sql")
        mapping.write_text(LEADS.replace("EMAIL", f'"{email}"'), encoding="utf-8")

    def land(self, name: str, lead_id: str) -> None:
        text = f"id,since,correo\n{lead_id},2024-01-01,{lead_id}@x.example\n"
        (self.folder / "landing" / "acme" / name).write_text(text, encoding="utf-8")

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("FUNNEL_", "DBT_"))}
        return subprocess.run(
            [
                *(sys.executable, "-m", "orchestration.cli", command, "--sources", "acme"),
                *("--landing", str(self.folder / "landing")),
                *("--warehouse", str(self.folder / "warehouse")),
            ],
            cwd=self.project,
            env={**kept, "PYTHONPATH": str(self.project)},
            capture_output=True,
            text=True,
            check=False,
        )

    def people(self) -> list[str]:
        database = self.folder / "warehouse" / "build" / "warehouse.duckdb"
        with duckdb.connect(str(database), read_only=True) as connection:
            found = connection.execute("select id from raw_acme.people order by 1").fetchall()
        return [lead_id for (lead_id,) in found]


def test_source_with_an_undeclared_personal_column_cannot_be_switched_on(tmp_path: Path) -> None:
    clone = Clone(tmp_path)
    clone.write(email="null")
    clone.land("people_1.csv", "1")
    done = clone.run("load")
    assert done.returncode == 0, done.stdout + done.stderr
    # the mapping takes the address now; what was loaded stays, and what landed waits
    clone.write(email="lower(correo)")
    clone.land("people_2.csv", "2")
    for command in ("load", "build"):
        done = clone.run(command)
        assert done.returncode == 1
        assert "Nothing was loaded" in done.stderr
        assert "acme.people.correo feeds leads.email" in done.stderr
        assert "Add `pii: email` to the meta of column 'correo' in" in done.stderr
        assert clone.people() == ["1"]
    clone.write(email="lower(correo)", pii="pii: email")
    done = clone.run("load")
    assert done.returncode == 0, done.stdout + done.stderr
    assert clone.people() == ["1", "2"]
