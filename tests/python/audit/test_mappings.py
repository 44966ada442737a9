"""What a mapping makes of landed rows is judged as the contract's own raw tables are."""

from collections.abc import Sequence

import duckdb
import pytest

from orchestration.audit import Boundary, planned_checks
from orchestration.audit.figures import Figure
from orchestration.audit.landed_figures import measure_landed

SOURCE, MODEL = "realestate", "stg_realestate__leads"
CHANGES = "stg_realestate__lead_status_changes"
METADATA = "_file_id, _source_file, _source_row, _loaded_at"
MAPPINGS = {
    "leads": f"""
        select alta as day, strptime(alta, '%d/%m/%Y') as created_at, correo as email, {METADATA}
        from "dbt"."raw_realestate"."people"
    """,
    "lead_status_changes": f"""
        select strptime(alta, '%d/%m/%Y') as changed_at, estado as to_status, {METADATA}
        from "dbt"."raw_realestate"."people"
    """,
}
Person = tuple[str, str, str]
ANA: Person = ("05/02/2024", "ana@home.example", "mql")


def measured(*loads: Sequence[Person], with_mappings: bool = True) -> dict[str, Figure]:
    """The figures, by name, after loads of a file each, a day after the other from 2024-03-01."""
    checks = planned_checks(Boundary.landed, [SOURCE])
    with duckdb.connect() as connection:
        connection.execute(
            """
            create schema raw_realestate;
            create table raw_realestate.landed_files (
                file_id varchar, table_name varchar, source_file varchar, row_count bigint,
                error varchar, loaded_at timestamp, may_delete boolean
            );
            create table raw_realestate.people (
                alta varchar, correo varchar, estado varchar, _file_id varchar,
                _source_file varchar, _source_row bigint, _loaded_at timestamp
            )
            """
        )
        for number, people in enumerate(loads):
            moment = f"timestamp '2024-03-01' + interval {number} day"
            connection.execute(
                f"insert into raw_realestate.landed_files values ('f{number}', 'people', "
                f"'people_{number}.csv', {len(people)}, null, {moment}, false)"
            )
            days, addresses, statuses = (list(values) for values in zip(*people, strict=True))
            connection.execute(
                f"insert into raw_realestate.people select unnest(?), unnest(?), unnest(?), "
                f"'f{number}', 'people_{number}.csv', unnest(range(1, {len(people) + 1})), "
                f"{moment}",
                [days, addresses, statuses],
            )
        figures = measure_landed(
            connection, checks, [SOURCE], None, lambda _: MAPPINGS if with_mappings else {}
        )
    return dict(zip((check.name for check in checks), figures, strict=True))


def failed(figures: dict[str, Figure]) -> set[str]:
    """The checks of mappings whose figure is outside its limits, but for the age of the load."""
    checks = {check.name: check for check in planned_checks(Boundary.landed, [SOURCE])}
    return {
        name
        for name, figure in figures.items()
        if name.startswith("landed.stg_") and not name.endswith("days_since_load")
        if figure.value is not None and not checks[name].allows(figure.value)
    }


def test_every_check_of_a_contract_table_is_planned_for_a_mapping_that_fills_it() -> None:
    names = {check.name for check in planned_checks(Boundary.landed, ["files", SOURCE])}
    own = {name for name in names if name.startswith("landed.files.leads.")}
    assert len(own) > 10
    for_leads = {
        check.name.removeprefix("landed.files.leads.")
        for check in planned_checks(Boundary.landed, ["files"])
        if check.table == "files.leads"
    }
    mapped = {name.removeprefix(f"landed.{MODEL}.") for name in names if MODEL in name}
    assert {"volume_ratio", "null_share_change.email", "future_rows.created_at"} <= mapped
    assert mapped <= for_leads


def test_good_records_are_judged_and_pass() -> None:
    figures = measured(*[[ANA] * 200] * 5)
    assert failed(figures) == set()
    for name in (
        f"landed.{MODEL}.future_rows.created_at",
        f"landed.{MODEL}.early_share.created_at",
        f"landed.{MODEL}.null_share_change.email",
        f"landed.{MODEL}.volume_ratio",
        f"landed.{CHANGES}.unknown_share.to_status",
        f"landed.{CHANGES}.lag_days.changed_at",
    ):
        assert figures[name].value is not None, name


@pytest.mark.parametrize(
    ("newest", "name", "value"),
    [
        pytest.param(
            [("05/02/2044", *ANA[1:])] * 5 + [ANA] * 195,
            f"landed.{MODEL}.future_rows.created_at",
            5.0,
            id="moments that lie ahead, in the format of the source",
        ),
        pytest.param(
            [("01/01/1900", *ANA[1:])] * 100 + [ANA] * 100,
            f"landed.{MODEL}.early_share.created_at",
            0.5,
            id="moments that mean none",
        ),
        pytest.param(
            [(ANA[0], "", ANA[2])] * 200,
            f"landed.{MODEL}.null_share_change.email",
            1.0,
            id="no address any more",
        ),
        pytest.param([ANA] * 20, f"landed.{MODEL}.volume_ratio", 0.1, id="a cut export"),
        pytest.param(
            [(*ANA[:2], "nobody knows")] * 50 + [ANA] * 150,
            f"landed.{CHANGES}.unknown_share.to_status",
            0.25,
            id="a status without a stage",
        ),
    ],
)
def test_a_check_fires_on_the_records(newest: list[Person], name: str, value: float) -> None:
    figures = measured(*[[ANA] * 200] * 4, newest)
    assert figures[name].value == pytest.approx(value)
    assert name in failed(figures)
    if "volume" not in name:
        assert figures[name].samples[0].startswith("people_4.csv row ")


def test_what_could_not_be_looked_at_is_not_judged() -> None:
    figures = measured([ANA] * 200, with_mappings=False)
    mapped = [figure for name, figure in figures.items() if name.startswith("landed.stg_")]
    assert len(mapped) > 10
    assert {figure.value for figure in mapped} == {None}
