"""Who is erased is nowhere any more, and what was counted is counted still."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from town import (
    ADA,
    CREATED,
    FILES,
    LEAD_COLUMNS,
    TRACES,
    build_town,
    forget,
    land,
    load_town,
    settings_of,
    table,
    warehouse_of,
    write_town,
)

from orchestration.build.build import publish_tested
from orchestration.build.erase import erase, find
from orchestration.build.erase import verify as verify_erasures
from orchestration.build.held_warehouse import UntestedError
from orchestration.build.restore import restore
from orchestration.doctor.erasures import check_erasures
from orchestration.doctor.finding import Level, Subject
from orchestration.erasure import (
    ErasureError,
    NotForgottenError,
    Register,
    UnknownPersonError,
    request,
    search,
    search_by_tombstones,
)
from orchestration.releases import current_release_id, release_ids, verify
from orchestration.warehouse.paths import Warehouse


def rows_of(database: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(query).fetchall()


def counts(database: Path) -> list[tuple[Any, ...]]:
    return rows_of(database, "from marts.mart_funnel")


def assert_forgotten(warehouse: Warehouse) -> None:
    assert search(warehouse.root, TRACES) == []


def raw_counts(warehouse: Warehouse) -> dict[str, int]:
    names = [name.split("/")[0] for name in FILES]
    return {
        name: rows_of(warehouse.work_database, f"select count(*) from raw_files.{name}")[0][0]
        for name in names
    }


def test_all_leads_of_a_person_are_found(town: Path) -> None:
    settings = settings_of(town)
    for who in ({"email": f"  {ADA[0]}"}, {"lead_id": "ada-0003"}, {"lead_id": "ada-0001"}):
        person = find(settings, **who)
        assert person.leads == [("files", f"ada-000{n}") for n in (1, 2, 3)]
        assert person.emails == {ADA[0].lower(), "countess@home.example"}
        assert {text.lower() for text in (*person.names, *person.removed_texts)} >= {
            "ada lovelace",
            "analytical engines ltd",
            "ada is busy with babbage's engine",
        }
        assert ("files", "visitor_id", "visitor-ada") in person.ids
        assert person.kept_texts == {
            ("files.leads.interest", "pipeline"),
            ("files.lead_status_changes.reason", "no budget"),
        }
        assert person.rows == {
            "raw_files.leads": 4,
            "raw_files.lead_status_changes": 2,
            "raw_files.lead_merges": 1,
            "raw_files.activities": 2,
        }


def test_the_search_sees_what_there_is(built_town: Path) -> None:
    found = {finding.path.name for finding in search(warehouse_of(built_town).root, TRACES)}
    assert found >= {"warehouse.duckdb", "core.dim_leads.parquet"}


def test_nothing_is_left_and_the_counts_stay(built_town: Path, erased_town: Path) -> None:
    old, warehouse = warehouse_of(built_town), warehouse_of(erased_town)
    before, kept = counts(old.current_database), release_ids(old)
    assert_forgotten(warehouse)
    assert raw_counts(warehouse) == raw_counts(old)
    assert (warehouse.root / "report.json").read_text() == '["(erased)", "(erased)", "bob-0001"]'
    assert release_ids(warehouse)[:2] == kept
    assert current_release_id(warehouse) == release_ids(warehouse)[2]
    leads = "select lead_key, person_key, lead_id from core.dim_leads order by 1"
    joined = "select count(*) from core.fct_moves inner join core.dim_leads using (person_key)"
    for release_id in release_ids(warehouse):
        verify(warehouse.releases_dir / release_id)
        database = warehouse.releases_dir / release_id / "warehouse.duckdb"
        assert counts(database) == before
        for query in (leads, joined):
            assert rows_of(database, query) == rows_of(warehouse.current_database, query)


def test_a_key_that_the_id_gives_away_is_in_no_release(built_town: Path, erased_town: Path) -> None:
    warehouse = warehouse_of(erased_town)
    moves = "select move_key, rep_key, reason from core.fct_moves order by 3, 1"
    old = rows_of(warehouse_of(built_town).current_database, moves)
    kept = warehouse.releases_dir / release_ids(warehouse)[0] / "warehouse.duckdb"
    new = rows_of(kept, moves)
    # Bob's one move keeps its key, and so does the rep whom others have too
    assert len({key for key, _, _ in old} & {key for key, _, _ in new}) == 1
    assert {rep for _, rep, _ in old} == {rep for _, rep, _ in new}
    assert rows_of(kept, "from marts.mart_reasons order by 2") == [(None, 1), ("no budget", 2)]


def test_others_keep_their_rows(built_town: Path, erased_town: Path) -> None:
    query = """
        select * exclude (_dlt_load_id) from raw_files.leads
        where lead_id like 'bob%' order by lead_id
    """
    kept = rows_of(warehouse_of(erased_town).work_database, query)
    assert len(kept) == 2
    assert kept == rows_of(warehouse_of(built_town).work_database, query)


def test_the_request_is_recorded_without_naming_anybody(erased_town: Path) -> None:
    folder = warehouse_of(erased_town).erasures_dir
    events = [json.loads(line) for line in (folder / "requests.jsonl").read_text().splitlines()]
    assert [event["event"] for event in events] == [
        "requested",
        "rewritten",
        "published",
        "completed",
    ]
    assert events[0]["rows"]["raw_files.leads"] == 4
    assert search(folder, [*TRACES, "Lovelace", "analytical.example"]) == []
    assert (folder / "key").stat().st_mode & 0o077 == 0
    assert (folder / "requests.jsonl").stat().st_mode & 0o077 == 0


def test_logs_do_not_name_the_person(erased_town: Path) -> None:
    assert (erased_town / "logs" / "dbt.log").is_file()
    assert (erased_town / "logs" / "said.txt").stat().st_size > 0
    assert search(erased_town / "logs", TRACES) == []
    assert search(erased_town / "target", TRACES) == []


@pytest.mark.parametrize("change", ["same file", "another name", "changed", "new lead", "parquet"])
def test_a_later_load_lets_nothing_in(town: Path, change: str) -> None:
    warehouse = warehouse_of(town)
    forget(town)
    before = people(warehouse)
    leads = FILES["leads/all.csv"]
    match change:
        case "same file":
            pass
        case "another name":
            land(town, "leads/again.csv", leads)
        case "changed":
            land(town, "leads/all.csv", leads.replace(ADA[1], "Ada King").replace("1815", "1816"))
        case "new lead":
            # a lead that no file named before, with something that it did before it landed
            land(town, "activities/more.csv", _activity("A9", "ada-0077"))
            load_town(town)
            land(town, "leads/more.csv", _lead("ada-0077", ADA[0]))
            land(town, "activities/most.csv", _activity("A10", "ada-0077"))
        case "parquet":
            with duckdb.connect() as connection:
                path = town / "landing" / "leads" / "all.parquet"
                connection.execute(
                    f"copy (from read_csv('{town}/landing/leads/all.csv', all_varchar = true, "
                    f"null_padding = true, ignore_errors = true)) to '{path}'"
                )
    load_town(town)
    assert search(warehouse.root, [*TRACES, "ada-0077", "Ada King"]) == []
    # what could not be read as CSV, Parquet holds as a row
    assert people(warehouse) == before + (change in ("new lead", "parquet"))
    assert Register(warehouse).open_requests("rewritten") == []


def people(warehouse: Warehouse) -> int:
    query = "select count(distinct lead_id) from raw_files.leads"
    return int(rows_of(warehouse.work_database, query)[0][0])


def _lead(lead_id: str, email: str, created_at: str = CREATED) -> str:
    return table(LEAD_COLUMNS, [(lead_id, created_at, email, "Ada King", "", "", "", "")])


def _activity(activity_id: str, lead_id: str) -> str:
    columns = ("activity_id", "lead_id", "visitor_id", "activity_type", "occurred_at")
    return table(columns, [(activity_id, lead_id, "", "call", CREATED)])


def test_who_comes_back_is_somebody_new(town: Path) -> None:
    warehouse = warehouse_of(town)
    forget(town)
    land(town, "leads/later.csv", _lead("ada-0100", ADA[0], "2199-01-01T00:00:00Z"))
    load_town(town)
    came_back = f"select lead_id from raw_files.leads where email = '{ADA[0]}'"
    assert rows_of(warehouse.work_database, came_back) == [("ada-0100",)]
    assert search(warehouse.root, ["ada-0001", "countess@home.example"]) == []


def test_a_warehouse_from_landing_files_alone_has_forgotten_too(town: Path) -> None:
    warehouse = warehouse_of(town)
    forget(town)
    query = "select lead_key, person_key, lead_id from core.dim_leads order by 1"
    before, leads = counts(warehouse.current_database), rows_of(warehouse.current_database, query)
    for folder in (warehouse.build_dir, warehouse.releases_dir):
        shutil.rmtree(folder)
    warehouse.current.unlink()
    build_town(town)
    assert_forgotten(warehouse)
    assert counts(warehouse.current_database) == before
    assert rows_of(warehouse.current_database, query) == leads


def test_unreadable_rows_and_rows_without_an_id_are_erased_too(town: Path) -> None:
    warehouse = warehouse_of(town)
    land(
        town,
        "leads/nameless.csv",
        table(("lead_id", "created_at", "name"), [("", CREATED, ADA[1])]),
    )
    land(town, "activities/broken.jsonl", f"{_json_activity()}\nfrom {ADA[0]} by phone {ADA[2]}\n")
    land(
        town,
        "activities/extra.csv",
        table(
            ("activity_id", "activity_type", "occurred_at", "form_field"),
            [("A20", "form", CREATED, ADA[0]), ("A21", "form", CREATED, "bob@x.example")],
        ),
    )
    load_town(town)
    forget(town)
    assert_forgotten(warehouse)
    assert rows_of(
        warehouse.work_database,
        "select _raw_text from raw_files.activities where _load_error is not null",
    ) == [("(erased)",)]
    assert rows_of(
        warehouse.work_database,
        "select form_field from raw_files.activities where activity_id like 'A2_' order by 1",
    ) == [("bob@x.example",), (None,)]


def _json_activity() -> str:
    return json.dumps({"activity_id": "A30", "activity_type": "call", "occurred_at": CREATED})


def test_what_stands_in_the_row_of_another_is_told(town: Path) -> None:
    land(
        town,
        "lead_status_changes/gossip.csv",
        table(
            ("event_id", "lead_id", "changed_at", "to_status", "reason"),
            [("E9", "bob-0001", CREATED, "lost", f"prefers {ADA[1]}")],
        ),
    )
    load_town(town)
    person = find(settings_of(town), email=ADA[0])
    with pytest.raises(NotForgottenError, match=r"raw_files\.lead_status_changes\.reason") as error:
        erase(settings_of(town), person, project_dir=town, echo=lambda _: None)
    assert not [trace for trace in TRACES if trace in str(error.value)]


def test_nobody_and_several_are_told(town: Path) -> None:
    settings = settings_of(town)
    for who in ({"email": "nobody@home.example"}, {"lead_id": "ada"}):
        with pytest.raises(UnknownPersonError) as error:
            find(settings, **who)
        assert not [text for text in who.values() if text in str(error.value).split()]
    assert not warehouse_of(town).erasures_dir.exists()
    other = table(("source_system", *LEAD_COLUMNS), [("crm", "ada-0001", CREATED, *[""] * 6)])
    land(town, "leads/crm.csv", other)
    load_town(town)
    with pytest.raises(ErasureError, match=r"source systems crm, files .* --source-system"):
        find(settings, lead_id="ada-0001")
    assert find(settings, lead_id="ada-0001", source_system="crm").leads == [("crm", "ada-0001")]


def test_nothing_is_published_while_a_request_waits(town: Path) -> None:
    warehouse = warehouse_of(town)
    request(warehouse, find(settings_of(town), email=ADA[0]), TRACES)
    with pytest.raises(UntestedError, match="funnel build"):
        publish_tested(settings_of(town), force=True)
    [told] = check_erasures(Subject(settings_of(town), {}, datetime.now(UTC)))
    assert (told.level, told.fix) == (Level.warning, "funnel build")
    load_town(town)
    assert_forgotten(warehouse)


def test_a_key_of_the_environment_is_not_written_down(
    town: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUNNEL_ERASURE_KEY", "correct horse battery staple")
    forget(town)
    assert not (warehouse_of(town).erasures_dir / "key").exists()
    land(town, "leads/again.csv", FILES["leads/all.csv"])
    for key in ("", "another key, as long as the one before"):
        monkeypatch.setenv("FUNNEL_ERASURE_KEY", key)
        with pytest.raises(ErasureError, match="could let erased persons in"):
            load_town(town)
    monkeypatch.setenv("FUNNEL_ERASURE_KEY", "short")
    with pytest.raises(ErasureError, match="shorter than"):
        load_town(town)
    monkeypatch.setenv("FUNNEL_ERASURE_KEY", "correct horse battery staple")
    load_town(town)
    assert_forgotten(warehouse_of(town))


def test_a_register_that_was_cut_off_goes_on(town: Path) -> None:
    forget(town)
    warehouse = warehouse_of(town)
    file = warehouse.erasures_dir / "requests.jsonl"
    whole = file.read_text()
    file.write_text(whole + '{"event":"requested","request_id":"half')
    register = Register(warehouse)
    assert len(register.events) == 2
    register.record("requested", "next")
    assert file.read_text().startswith(whole + '{"event":"requested","request_id":"next"')
    file.write_text("{}\n" + whole)
    with pytest.raises(ErasureError, match="line 1 cannot be read"):
        Register(warehouse)
    [told] = check_erasures(Subject(settings_of(town), {}, datetime.now(UTC)))
    assert told.level == Level.error


def _numbered(town: Path) -> None:
    """Ids as CRMs give them: numbers, which orders and activities have too."""
    for path in (town / "landing").rglob("*.csv"):
        text = path.read_text()
        for name, number in (("ada-000", "4242"), ("bob-000", "5151"), ("visitor-ada", "770077")):
            text = text.replace(name, number)
        path.write_text(text)
    land(town, "activities/same.csv", _activity("42421", "51511"))


def test_an_id_that_is_a_number_is_looked_for_where_ids_stand(tmp_path: Path) -> None:
    project = write_town(tmp_path / "project")
    _numbered(project)
    build_town(project)
    person = find(settings_of(project), email=ADA[0])
    erase(settings_of(project), person, project_dir=project, echo=lambda _: None)
    warehouse = warehouse_of(project)
    assert rows_of(
        warehouse.work_database,
        "select lead_id from raw_files.activities where activity_id = '42421'",
    ) == [("51511",)]
    assert Register(warehouse).open_requests("completed") == []
    assert_no_finding(warehouse)
    # were an id to come back unseen, the search by tombstones would say so
    with duckdb.connect(str(warehouse.work_database)) as connection:
        connection.execute(
            "update raw_files.activities set lead_id = '42421' where lead_id = '51511'"
        )
    found = search_by_tombstones(warehouse, Register(warehouse), lambda _: {})
    assert [finding.place for finding in found] == ["raw_files.activities"]


def assert_no_finding(warehouse: Warehouse) -> None:
    assert search_by_tombstones(warehouse, Register(warehouse), lambda _: {}) == []


LONG = pytest.mark.long(reason="a text that nobody declared has the kind")


@pytest.mark.parametrize(
    ("column", "text"),
    [
        pytest.param("reason", f"prefers {ADA[1]}!", id="free text", marks=LONG),
        pytest.param("colleague", ADA[1], id="undeclared column", marks=LONG),
        pytest.param("contact", f"cc {ADA[0]}", id="undeclared text"),
    ],
)
def test_a_request_that_a_build_answers_is_open_until_a_search_passes(
    town: Path, column: str, text: str
) -> None:
    columns = dict.fromkeys(("event_id", "lead_id", "changed_at", "to_status", column), "")
    gossip = {"event_id": "E9", "lead_id": "bob-0001", "changed_at": CREATED, "to_status": "lost"}
    land(
        town,
        "lead_status_changes/gossip.csv",
        table([*columns], [[*(columns | gossip | {column: text}).values()]]),
    )
    forget(town)
    warehouse, settings = warehouse_of(town), settings_of(town)
    notices = build_town(town).notices
    assert [notice for notice in notices if "raw_files.lead_status_changes" in notice]
    assert not [trace for trace in TRACES for notice in notices if trace in notice]
    assert len(Register(warehouse).open_requests("completed")) == 1
    [told] = check_erasures(Subject(settings, {}, datetime.now(UTC)))
    assert (told.level, told.fix) == (Level.warning, "funnel erase --verify")
    with pytest.raises(NotForgottenError):
        verify_erasures(settings)
    land(
        town, "lead_status_changes/gossip.csv", table([*columns], [[*(columns | gossip).values()]])
    )
    # raw rows are only added, and older releases keep what they have
    restore(
        settings.model_copy(update={"keep": 1}),
        accept_loss=True,
        project_dir=town,
        echo=lambda _: None,
    )
    assert verify_erasures(settings, email=ADA[0]) == 1
    assert Register(warehouse).open_requests("completed") == []


def test_a_search_by_the_address_needs_a_request(town: Path) -> None:
    forget(town)
    build_town(town)
    with pytest.raises(UnknownPersonError, match="No erasure was requested"):
        verify_erasures(settings_of(town), email="bob@analytical.example")


def test_who_came_back_and_a_namesake_are_no_finding(town: Path) -> None:
    forget(town)
    land(
        town,
        "leads/later.csv",
        table(
            LEAD_COLUMNS,
            [
                ("ada-0100", "2199-01-01T00:00:00Z", ADA[0], "Ada King", "", "", "", ""),
                ("bob-0009", CREATED, "", ADA[1], "", "", "", ""),
            ],
        ),
    )
    build_town(town)
    assert Register(warehouse_of(town)).open_requests("completed") == []
