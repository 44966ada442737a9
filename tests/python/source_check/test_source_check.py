"""`funnel source check`: a source of its own, with one fault of each kind, checked once."""

import json
import os
import re
import shutil
import subprocess
import sys
from ast import literal_eval
from pathlib import Path
from typing import Any

import pytest

from orchestration.contract import PROJECT_DIR
from orchestration.source_check.moments import MOMENTS, WRITTEN

PARTS = ("dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "tests/generic")
PACKAGES = ("orchestration", "simulator")

SOURCES = """\
version: 2
sources:
  - name: acme
    schema: raw_acme
    config:
      meta:
        format: {decimal_mark: ",", timestamp_formats: ["%d/%m/%Y %H:%M"]}
        words:
          leads.channel: {Web: organic}
          stage_map: {Visita: opportunity}
    tables:
      - name: contactos
        config: {meta: {files: acme/contactos*, required: true}}
        columns:
          - {name: id, data_type: string, description: "", config: {meta: {required: true}}}
          - {name: alta, data_type: timestamp, description: "", config: {meta: {required: true}}}
          - {name: canal, data_type: string, description: ""}
          - {name: empleados, data_type: bigint, description: ""}
      - name: historial
        config: {meta: {files: acme/historial*, left_out: [{reason: "", when: estado = 'Nota'}]}}
        columns:
          - {name: contacto, data_type: string, description: "", config: {meta: {pii: lead_id}}}
          - name: estado
            data_type: string
            description: ""
            config: {meta: {aliases: [Situación del contacto]}}
          - {name: fecha, data_type: timestamp, description: ""}
      - name: ventas
        config: {meta: {files: acme/ventas*}}
        columns:
          - {name: pedido, data_type: string, description: ""}
          - {name: contacto, data_type: string, description: "", config: {meta: {pii: lead_id}}}
          - {name: fecha, data_type: timestamp, description: ""}
          - {name: importe, data_type: "decimal(18, 2)", description: ""}
          - {name: moneda, data_type: string, description: ""}
          - {name: situacion, data_type: string, description: ""}
      - name: gastos
        config: {meta: {files: acme/gastos*}}
        columns:
          - {name: dia, data_type: date, description: "", config: {meta: {required: true}}}
          - {name: importe, data_type: "decimal(18, 2)", description: ""}
      - name: reuniones
        config: {meta: {files: acme/reuniones*, required: true}}
        columns:
          - {name: id, data_type: string, description: ""}
      - name: canales
        config: {meta: {files: acme/canales*, role: lookup}}
        columns:
          - {name: id, data_type: string, description: ""}
          - {name: nombre, data_type: string, description: ""}
      - name: landed_files
        description: ""
"""
MAPPINGS = {
    "leads": """{{ map_table(source('acme', 'contactos'), {
        'lead_id': 'id', 'created_at': 'alta', 'channel': 'canal', 'employee_count': 'empleados'
    }) }}""",
    # leaves rows out
    "lead_status_changes": """with

source as (

    select * from {{ source('acme', 'historial') }} where estado not in ('Borrado', 'Nota')

),

{{ conform({
    'event_id': row_id(['contacto', 'estado', 'fecha']),
    'lead_id': 'contacto', 'changed_at': 'fecha', 'to_status': 'estado'
}) }}

select * from conformed""",
    "orders": """{{ map_table(source('acme', 'ventas'), {
        'order_id': 'pedido', 'customer_id': 'contacto', 'lead_id': 'contacto',
        'ordered_at': 'fecha', 'amount': 'importe', 'currency': 'moneda', 'status': 'situacion'
    }) }}""",
    "costs": """{{ map_table(source('acme', 'gastos'), {
        'cost_id': row_id(['importe']), 'cost_date': 'dia', 'cost_type': "'media'",
        'amount': 'importe', 'currency': "'EUR'"
    }) }}""",
}
FILES = {
    "contactos.csv": """\
id,alta,canal,empleados
1,05/02/2024 09:30,Web,12
2,06/02/2024 17:05,Radio,many
3,31/02/2024 10:00,Web,
4,07/02/2024 10:00,Web,4,too,many
5,08/02/2024 10:00,Web,5
""",
    "contactos_2023.csv": "id,altas\n9,01/01/2023 10:00\n",
    "historial.csv": """\
Contacto,Situación del contacto,fecha
1,Nuevo,05/02/2024 09:30
1,Calificado,08/02/2024 12:00
1,visita,12/02/2024 16:00
2,Esperando,06/02/2024 17:05
9,Nuevo,06/02/2024 17:05
2,Borrado,06/02/2024 18:00
5,Perdido,08/11/2024 18:00
5,Nota,08/11/2024 18:00
"""
    + "".join(f"2,Nuevo,06/02/2024 17:{minute}\n" for minute in range(10, 22)),
    "ventas.csv": """\
pedido,contacto,fecha,importe,moneda,situacion
A-1,1,20/02/2024 11:00,"1.250,00 €",EUR,paid
A-2,2,20/02/2024 11:00,"50,00",ISK,paid
A-3,2,20/02/2024 11:00,"50,00",EUR,Enviado
""",
    "gastos.csv": 'dia,importe\n,"12,50"\n,"8,00"\n',
    "canales.csv": "id,Nombres,Notas (2)\nWeb,Web,\n",
    "canales_2023.csv": "Web,Portal\n",
    "notas.txt": "call Ana\n",
}


class Desk:
    """A clone of the project that has the source `acme`, and the folder of its files."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "clone"
        self.staging = self.project / "models" / "staging" / "acme"
        self.landing = folder / "landing"
        for part in PARTS:
            copy = shutil.copytree if (PROJECT_DIR / part).is_dir() else shutil.copy
            (self.project / part).parent.mkdir(parents=True, exist_ok=True)
            copy(PROJECT_DIR / part, self.project / part)
        for package in PACKAGES:
            shutil.copytree(
                PROJECT_DIR / package,
                self.project / package,
                ignore=shutil.ignore_patterns("__pycache__"),
            )
        shutil.rmtree(self.staging, ignore_errors=True)
        self.staging.mkdir()
        (self.staging / "_acme__sources.yml").write_text(SOURCES, encoding="utf-8")
        for table, mapping in MAPPINGS.items():
            (self.staging / f"stg_acme__{table}.sql").write_text(mapping + "\n", encoding="utf-8")
        for name in ("acme", "Acme 2023", "leads"):
            (self.landing / name).mkdir(parents=True)
            (self.landing / name / "lost.csv").touch()
        for name, text in FILES.items():
            (self.landing / "acme" / name).write_text(text, encoding="utf-8")

    def check(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run `funnel source check acme` there."""
        return subprocess.run(
            [
                *(sys.executable, "-m", "orchestration.cli", "source", "check", "acme"),
                *("--landing", str(self.landing), *options),
            ],
            cwd=self.project,
            env={**os.environ, "PYTHONPATH": str(self.project)},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("source_check"))


@pytest.fixture(scope="module")
def found(desk: Desk) -> dict[str, Any]:
    """The findings about the faulty files."""
    done = desk.check("--json")
    assert done.returncode == 1, done.stderr
    record: dict[str, Any] = json.loads(done.stdout)
    return record


def problems(found: dict[str, Any], level: str) -> str:
    return "\n".join(
        f"{problem['what']} {problem['fix']}"
        for problem in found["problems"]
        if problem["level"] == level
    )


def places(samples: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(sample["file"], sample["row"]) for sample in samples]


def test_rows_by_file(found: dict[str, Any]) -> None:
    rows = {
        file["file"]: (file["rows"], file["unreadable"], file["unused"]) for file in found["files"]
    }
    assert rows == {
        "acme/canales.csv": (1, 0, 0),
        "acme/canales_2023.csv": (0, 0, 0),
        "acme/contactos.csv": (5, 1, 0),
        "acme/contactos_2023.csv": (0, 0, 0),
        "acme/gastos.csv": (2, 0, 0),
        "acme/historial.csv": (20, 0, 1),
        "acme/ventas.csv": (3, 0, 0),
    }


def test_headers_that_differ_from_their_column_or_are_not_declared(found: dict[str, Any]) -> None:
    assert [
        (c["table"], c["header"], c["column"], c["is_declared"], c["files"], c["file"])
        for c in found["columns"]
    ] == [
        ("canales", "Nombres", "nombres", False, 1, "acme/canales.csv"),
        ("canales", "Notas (2)", "notas_2", False, 1, "acme/canales.csv"),
        ("canales", "Web", "web", False, 1, "acme/canales_2023.csv"),
        ("canales", "Portal", "portal", False, 1, "acme/canales_2023.csv"),
        ("historial", "Contacto", "contacto", True, 1, "acme/historial.csv"),
        ("historial", "Situación del contacto", "estado", True, 1, "acme/historial.csv"),
    ]


def test_records_by_contract_table(found: dict[str, Any]) -> None:
    assert {
        table["table"]: (table["rows"], table["staged"], table["superseded"], table["quarantined"])
        for table in found["tables"]
    } == {
        "leads": (4, 3, 0, 1),
        "lead_status_changes": (18, 18, 0, 0),
        "orders": (3, 2, 0, 1),
        "costs": (2, 0, 0, 2),
    }


def test_quarantine_by_reason_with_file_row_and_text(found: dict[str, Any]) -> None:
    by_reason = {(q["table"], q["reason"]): q for q in found["quarantined"]}
    bad_date = by_reason["leads", "created_at is not a timestamp"]
    [sample] = bad_date["samples"]
    assert (bad_date["rows"], sample["file"], sample["row"]) == (1, "acme/contactos.csv", 3)
    assert "31/02/2024" in sample["text"]
    assert by_reason["costs", "cost_date is missing"]["rows"] == 2


def test_unread_values_are_named_by_column(found: dict[str, Any]) -> None:
    [unread] = found["unread"]
    assert (unread["table"], unread["column"], unread["rows"]) == ("leads", "employee_count", 1)
    assert places(unread["samples"]) == [("acme/contactos.csv", 2)]
    assert "many" in unread["samples"][0]["text"]


def test_unknown_words(found: dict[str, Any]) -> None:
    words = {
        f"{unknown['table']}.{unknown['column']}": (
            unknown["level"],
            {word["word"]: word["rows"] for word in unknown["words"]},
        )
        for unknown in found["words"]
    }
    assert words == {
        "leads.channel": ("warning", {"radio": 1}),
        "lead_status_changes.to_status": ("warning", {"Esperando": 1}),
        "orders.status": ("warning", {"enviado": 1}),
        "orders.currency": ("error", {"ISK": 1}),
    }


def test_references_that_find_nothing(found: dict[str, Any]) -> None:
    [lost] = found["references"]
    assert (lost["table"], lost["column"], lost["refers_to"]) == (
        *("lead_status_changes", "lead_id"),
        "leads",
    )
    assert (lost["rows"], lost["of_rows"]) == (1, 18)
    assert places(lost["samples"]) == [("acme/historial.csv", 5)]


def test_as_of_and_the_row_that_sets_it(found: dict[str, Any]) -> None:
    as_of = found["as_of"]
    assert (as_of["moment"], as_of["table"]) == ("2024-11-08 18:00:00", "lead_status_changes")
    assert places([as_of["sample"]]) == [("acme/historial.csv", 7)]
    assert "are 270 days older" in problems(found, "warning")


def test_funnel_and_what_is_not_recorded(found: dict[str, Any]) -> None:
    stages = {
        stage["stage"]: (stage["leads"], stage["leads_at_least"]) for stage in found["stages"]
    }
    assert stages == {
        "lead": (3, 3),
        "mql": (None, None),
        "sal": (None, None),
        "sql": (1, 2),
        "opportunity": (1, 2),
        "customer": (2, 2),
        "recycled": (None, None),
        "disqualified": (None, None),
        "lost": (1, 1),
    }


@pytest.mark.parametrize(
    "said",
    [
        "No file was ever loaded for the required table(s) reuniones",
        "acme/contactos_2023.csv is refused: line 1: required column 'alta' is missing",
        "1 of 20 rows of acme/historial.csv (historial) reach no table of the contract (for "
        "example acme/historial.csv row 6). Map them in a model",
        "Required column cost_date of costs has no value in any of 2 rows, so all of them are "
        "quarantined. Map it in models/staging/acme/stg_acme__costs.sql",
        "landed.acme.gastos.required_missing is 1, limit at most 0 (empty in all 2 rows: dia)",
        "1 word(s) of orders.currency (1 row(s)): a build stops",
        "acme.contactos.id feeds leads.lead_id and is not declared as personal. Add `pii: lead_id`",
    ],
)
def test_errors_are_what_a_build_refuses_or_loses(found: dict[str, Any], said: str) -> None:
    assert said in problems(found, "error")
    assert not found["is_fine"]


@pytest.mark.parametrize(
    "said",
    [
        "1 of 5 rows of acme/contactos.csv are no records",
        "acme: 2 file(s) belong to no table of the active sources (acme/lost.csv, acme/notas.txt)",
        "Acme 2023: 1 file(s) belong to no table of the active sources (Acme 2023/lost.csv)",
        "Column 'nombre' of canales is missing in acme/canales.csv, where there is 'Nombres'. Add "
        "`aliases: [Nombres]` to the meta of the column in models/staging/acme/_acme__sources.yml",
        "acme/canales_2023.csv has none of the columns of its table.",
        "1 of 4 rows of leads are quarantined, most because created_at is not a timestamp (for "
        "example acme/contactos.csv row 3). Declare the format",
        "leads.employee_count cannot be read in 1 row(s)",
        "1 word(s) of lead_status_changes.to_status (1 row(s)): it moves no lead to a stage. Give "
        "it a stage under words: stage_map in models/staging/acme/_acme__sources.yml",
        "1 of 18 lead_id of lead_status_changes name no record of leads",
    ],
)
def test_warnings_are_what_to_look_at(found: dict[str, Any], said: str) -> None:
    assert said in problems(found, "warning")


def test_nothing_is_left_behind(found: dict[str, Any], desk: Desk) -> None:
    assert found["source"] == "acme"
    assert not (desk.project / "warehouse").exists()
    assert [path.name for path in (desk.project / "target").iterdir()] == ["source_check"]
    scratch = desk.project / "target" / "source_check" / "acme" / "warehouse" / "build"
    assert [path.name for path in scratch.iterdir()] == [".lock"]


def test_corrected_source_exits_with_0_and_shows_no_value_on_request(
    found: dict[str, Any], desk: Desk
) -> None:
    del found  # checks first
    yml = desk.staging / "_acme__sources.yml"
    yml.write_text(
        yml.read_text(encoding="utf-8")
        .replace("files: acme/reuniones*, required: true", "files: acme/reuniones*")
        .replace("{meta: {required: true}}", "{meta: {pii: lead_id, required: true}}", 1)
        .replace("words:\n", "words:\n          orders.status: {Enviado: paid}\n"),
        encoding="utf-8",
    )
    mapping = desk.staging / "stg_acme__lead_status_changes.sql"
    mapping.write_text(MAPPINGS["lead_status_changes"].replace("'Borrado', ", ""), encoding="utf-8")
    (desk.landing / "acme" / "contactos_2023.csv").unlink()
    for name, wrong, right in (("gastos", "\n,", "\n2024-02-05,"), ("ventas", "ISK", "USD")):
        file = desk.landing / "acme" / f"{name}.csv"
        file.write_text(file.read_text(encoding="utf-8").replace(wrong, right), encoding="utf-8")
    done = desk.check("--no-values")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 errors" in done.stdout
    assert "acme/contactos.csv row 3" in done.stdout
    assert "31/02/2024" not in done.stdout
    assert "Esperando" not in done.stdout
    assert "Portal" not in done.stdout
    assert re.search(r"mql +not recorded", done.stdout)


def test_failing_mapping_is_named(found: dict[str, Any], desk: Desk) -> None:
    del found  # checks first
    mapping = desk.staging / "stg_acme__leads.sql"
    mapping.write_text(MAPPINGS["leads"].replace("'id'", "'idd'"), encoding="utf-8")
    done = desk.check()
    assert done.returncode == 1
    assert "models/staging/acme/stg_acme__leads.sql" in done.stderr
    assert "idd" in done.stderr

    mapping.write_text(MAPPINGS["leads"].replace("'created_at'", "'updated_at'"), encoding="utf-8")
    done = desk.check()
    assert done.returncode == 1
    assert "stg_acme__leads does not map 'created_at'" in done.stderr

    mapping.write_text(MAPPINGS["leads"].replace("'id'", "'Order'"), encoding="utf-8")
    done = desk.check()
    assert done.returncode == 1
    assert "maps 'lead_id' to Order, a keyword of SQL." in done.stderr
    assert """quote it: 'lead_id': '"order"'.""" in done.stderr


def test_moments_are_those_of_int_written_days() -> None:
    model = PROJECT_DIR / "models" / "intermediate" / "calendar" / "int_written_days.sql"
    found = re.findall(r"'(\w+)': (\[.*?\]),", model.read_text(encoding="utf-8"))
    assert {table: tuple(literal_eval(columns)) for table, columns in found} == MOMENTS
    macros = PROJECT_DIR / "macros" / "funnel"
    said = "".join(
        (macros / f"{name}.sql").read_text("utf-8") for name in ("is_done_activity", "is_written")
    )
    assert all(condition in said for condition in WRITTEN.values())
