"""A person who comes back is a new one, by the moment that the source's mapping reads."""

import json
import time

import pytest
from support.cloned_project import Clone

YML = """
version: 2

sources:
  - name: {source}
    schema: raw_{source}
    config: {{meta: {{format: {format}}}}}
    tables:
      - name: people
        config: {{meta: {{files: {source}/people*, required: true}}}}
        columns:
          - {{name: codigo, data_type: string, description: Id, config: {{meta: {{pii: lead_id}}}}}}
          - {{name: alta, data_type: timestamp, description: Since when}}
          - {{name: correo, data_type: string, description: Mail, config: {{meta: {{pii: email}}}}}}
      - name: calls
        config: {{meta: {{files: {source}/calls*}}}}
        columns:
          - {{name: quien, data_type: string, description: Who, config: {{meta: {{pii: lead_id}}}}}}
          - {{name: mail, data_type: string, description: Mail, config: {{meta: {{pii: email}}}}}}
      - name: landed_files
        columns: []
"""
MAPPING = """{{{{ map_table(source('{source}', 'people'), {{
    'lead_id': "{lead_id}", 'created_at': 'alta', 'email': 'correo'
}}) }}}}
"""
FORMATS = {
    "calendar": "{time_zone: Europe/Madrid, date_formats: ['%d/%m/%Y']}",
    "clock": "{timestamp_formats: [epoch_seconds]}",
}
LEAD_IDS = {"calendar": "codigo", "clock": "'C-' || codigo"}
"""The second source makes its ids itself: no raw column has them."""

RUN = """
import json, sys
import duckdb
from orchestration.build.build import load_only
from orchestration.build.personal_columns import remember
from orchestration.erasure import Person, Register, request, search_by_tombstones
from orchestration.settings import load_settings
from orchestration.warehouse.lock import exclusive
from orchestration.warehouse.paths import Warehouse

landing, folder, erased = sys.argv[1], sys.argv[2], sys.argv[3:]
sources = ["calendar", "clock"]
for source in sources:
    remember(source)
settings = load_settings({"sources": sources, "landing": landing, "warehouse": folder})
warehouse = Warehouse(settings.warehouse)
said = []
load_only(settings, echo=said.append)
if erased:
    ids = frozenset((source, "lead_id", lead) for source in sources for lead in erased)
    person = Person(ids=ids, emails=frozenset({"ada@home.example"}), names=frozenset())
    with exclusive(warehouse, "test"):
        request(warehouse, person, [])
    load_only(settings, echo=said.append)
with duckdb.connect(str(warehouse.work_database), read_only=True) as connection:
    print(json.dumps({
        "said": [line for line in said if "erased" in line],
        **{
            f"{source}.{table}": connection.execute(
                f"select {columns} from raw_{source}.{table}"
            ).fetchall()
            for source in sources
            for table, columns in (("people", "codigo, alta, correo"), ("calls", "quien, mail"))
        },
    }))
"""
ADA = "Ada@home.example"
LONG_AGO, TOMORROW = 86_400 * 365 * 50, 86_400


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone of the project in which Ada was erased, who had a lead in each of two sources."""
    clone = Clone(tmp_path_factory.mktemp("comes_back"))
    for source, written in FORMATS.items():
        models = clone.landing.parent / source
        models.mkdir()
        declared = YML.format(source=source, format=written)
        (models / f"_{source}__sources.yml").write_text(declared)
        mapping = MAPPING.format(source=source, lead_id=LEAD_IDS[source])
        (models / f"stg_{source}__leads.sql").write_text(mapping)
        clone.add_source(models, source)
        land(clone, source, "people_1", ("codigo", "alta", "correo"), ("old-1", LONG_AGO, ADA))
    run(clone, "old-1")
    return clone


def land(
    clone: Clone,
    source: str,
    name: str,
    columns: tuple[str, ...],
    *rows: tuple[str, int | str, str] | tuple[str, str],
) -> None:
    """A CSV file; a number among its values is a moment, written as the source does."""
    path = clone.landing / source / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [",".join(_text(source, value) for value in row) for row in (columns, *rows)]
    path.write_text("\n".join(lines) + "\n")


def _text(source: str, value: int | str) -> str:
    if isinstance(value, str):
        return value
    return time.strftime("%d/%m/%Y", time.gmtime(value)) if source == "calendar" else str(value)


def run(clone: Clone, *erased: str) -> dict[str, list[list[str | None]]]:
    """Load, and erase Ada where she has ids; raw rows by table, and what was said of the erased."""
    warehouse = str(clone.warehouse)
    found: dict[str, list[list[str | None]]] = json.loads(
        clone.run("-c", RUN, str(clone.landing), warehouse, *erased)
    )
    return found


def ids_with_her_address(rows: list[list[str | None]]) -> set[str | None]:
    return {row[0] for row in rows if ADA in row}


def test_moment_is_read_as_the_source_writes_it(town: Clone) -> None:
    now = int(time.time())
    people = ("codigo", "alta", "correo")
    for source in FORMATS:
        land(
            town,
            source,
            "people_2",
            people,
            ("new-1", now + 2 * TOMORROW, ADA),
            # before the request, and at a moment that nobody can read
            ("old-2", now - 2 * TOMORROW, ADA),
            ("old-3", "soon", ADA),
        )
        # what says no moment is of the lead that it names
        land(town, source, "calls_1", ("quien", "mail"), ("new-1", ADA), ("old-2", ADA))
    found = run(town)
    for source in FORMATS:
        assert ids_with_her_address(found[f"{source}.people"]) == {"new-1"}, source
        assert ids_with_her_address(found[f"{source}.calls"]) == {"new-1"}, source
        assert len(found[f"{source}.people"]) == 4
    assert [line for line in found["said"] if "people" in line] == [
        f"1 row(s) of {source}.people have an address that was erased, and no moment of creation "
        "that can be read: they are erased, too"
        for source in FORMATS
    ]
    # a later row of the living lead, whose own file does not say when it was created
    for source in FORMATS:
        land(town, source, "calls_2", ("quien", "mail"), ("new-1", ADA), ("new-1", "b@x.example"))
    found = run(town)
    for source in FORMATS:
        assert [row[0] for row in found[f"{source}.calls"]].count("new-1") == 3
        assert ids_with_her_address(found[f"{source}.people"]) == {"new-1"}
