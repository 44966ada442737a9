"""Working time by joins (int_working_days, int_working_hours) against a walk through the shifts.

dbt builds the models once as views in a project of their own, together with a view that measures
cases by the macros as a fact would; each example writes calendars, holidays and cases and reads it.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from work_diary import Diary, Hours

from orchestration.contract import PROJECT_DIR

PARTS = ("macros", "seeds", "profiles.yml", "dbt_project.yml")
MODELS = (
    "int_business_calendars",
    "int_local_days",
    "int_working_shifts",
    "int_working_days",
    "int_working_hours",
)
FIRST, LAST = date(2015, 1, 1), date(2026, 12, 31)
DATE_RANGE = f"select date '{FIRST}' as first_date, date '{LAST}' as last_date"
MEASURED = """
with cases as (
    select
        cases.*,
        {{ working_microseconds_at('cases.started_at', 'start_days') }}
        + cases.limit_seconds * 1000000 as target,
        {{ working_minutes_between(
            'cases.started_at', 'start_days', 'cases.stopped_at', 'stop_days'
        ) }} as working_minutes
    from reference.cases as cases
    inner join {{ ref('int_business_calendars') }} as calendars
        on cases.calendar_id = calendars.calendar_id
    left join {{ ref('int_working_days') }} as start_days
        on cases.calendar_id = start_days.calendar_id
        and {{ local_day('cases.started_at', 'calendars.time_zone') }} = start_days.date_day
    left join {{ ref('int_working_days') }} as stop_days
        on cases.calendar_id = stop_days.calendar_id
        and {{ local_day('cases.stopped_at', 'calendars.time_zone') }} = stop_days.date_day
)

select
    cases.case_number,
    cases.working_minutes,
    {{ working_moment('cases.target', 'days') }} as deadline_at
from cases
left join {{ ref('int_working_hours') }} as days
    on cases.calendar_id = days.calendar_id
    and {{ working_hour_of('cases.target') }} = days.working_hour
    and {{ is_day_of_target('cases.target', 'days') }}
"""
ZONES = (
    "UTC",
    "Europe/Madrid",
    "America/New_York",
    "America/Mexico_City",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
)
CLOCK_CHANGES = (
    *(datetime(2024, 3, 31, 1), datetime(2024, 10, 27, 1)),
    *(datetime(2024, 3, 10, 7), datetime(2024, 11, 3, 6)),
    *(datetime(2022, 4, 3, 8), datetime(2022, 10, 30, 7)),
    *(datetime(2018, 2, 18, 2), datetime(2018, 11, 4, 3)),
    *(datetime(2024, 4, 6, 15), datetime(2024, 9, 28, 14)),
)
Case = tuple[datetime, datetime, int]


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    project = tmp_path_factory.mktemp("working_time") / "project"
    models = project / "models" / "intermediate" / "calendar"
    models.mkdir(parents=True)
    for part in PARTS:
        source = PROJECT_DIR / part
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, project / part)
    own = PROJECT_DIR / "models" / "intermediate" / "calendar"
    for name in MODELS:
        shutil.copy(own / f"{name}.sql", models)
    (models / "int_date_range.sql").write_text(DATE_RANGE, encoding="utf-8")
    (models / "int_measured.sql").write_text(MEASURED, encoding="utf-8")
    for path in (project / "seeds").iterdir():
        if path.stem not in ("business_calendars", "holidays"):
            path.unlink()
    config = project / "dbt_project.yml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("+materialized: table", "+materialized: view"), encoding="utf-8")
    work = project / "warehouse" / "build" / "warehouse.duckdb"
    work.parent.mkdir(parents=True)
    with duckdb.connect(str(work)) as made:
        made.execute("create schema raw_files")
        made.execute("create schema reference")
        made.execute(
            "create table reference.cases (case_number int, calendar_id text, started_at timestamp,"
            " stopped_at timestamp, limit_seconds bigint)"
        )
    done = subprocess.run(
        [
            *(sys.executable, "-m", "dbt.cli.main", "--no-use-colors", "build"),
            *("--exclude-resource-type", "test", "unit_test"),
        ],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    with duckdb.connect(str(work)) as opened:
        opened.execute("load icu; set timezone = 'UTC'")
        yield opened


@st.composite
def diaries(draw: st.DrawFn, earliest: int = 0) -> Diary:
    """Calendars of every kind; `earliest` is the first minute of the day that may be worked."""
    changes = sorted(draw(st.sets(st.dates(date(2016, 1, 1), LAST), max_size=2)))
    hours = []
    for valid_from, valid_to in zip([date(2000, 1, 1), *changes], [*changes, None], strict=True):
        for weekday in draw(st.sets(st.integers(1, 7), min_size=1)):
            opens, closes = draw(_shift(earliest))
            hours.append(Hours(weekday, opens, closes, valid_from, valid_to))
            if closes < 24 * 60 and draw(st.booleans()):
                hours.append(Hours(weekday, *draw(_shift(closes)), valid_from, valid_to))
    own_hours = st.one_of(st.none(), _shift(earliest))
    holidays = draw(st.dictionaries(st.dates(FIRST, LAST), own_hours, max_size=20))
    return Diary(draw(st.sampled_from(ZONES)), tuple(hours), holidays)


@st.composite
def _shift(draw: st.DrawFn, earliest: int) -> tuple[int, int]:
    opens = draw(st.one_of(st.just(earliest), st.integers(earliest, 24 * 60 - 1)))
    return opens, draw(st.one_of(st.just(24 * 60), st.integers(opens + 1, 24 * 60)))


def _moments() -> st.SearchStrategy[datetime]:
    anywhere = st.datetimes(datetime(2015, 1, 1), datetime(2026, 12, 31))
    nearby = st.timedeltas(timedelta(hours=-30), timedelta(hours=30))
    at_a_change = st.builds(lambda at, by: at + by, st.sampled_from(CLOCK_CHANGES), nearby)
    at_a_minute = st.builds(lambda at: at.replace(second=0, microsecond=0), anywhere)
    return st.one_of(anywhere, at_a_change, at_a_minute)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A start, a stop (mostly near, either way) and a limit in seconds."""
    start = draw(_moments())
    near = st.builds(lambda by: start + by, st.timedeltas(timedelta(days=-20), timedelta(days=20)))
    stop = draw(st.one_of(near, _moments()))
    stop = min(max(stop, datetime(2015, 1, 1)), datetime(2027, 6, 1))
    whole_hours = st.integers(1, 40).map(lambda number: number * 3600)
    return start, stop, draw(st.one_of(whole_hours, st.integers(1, 200 * 3600)))


OFFICE = Diary(
    "Europe/Madrid",
    tuple(Hours(day, 540, 1080, date(2000, 1, 1), None) for day in range(1, 6)),
    {date(2024, 3, 29): None, date(2024, 12, 24): (540, 780)},
)
ALWAYS = Diary(
    "Europe/Madrid",
    tuple(Hours(day, 0, 1440, date(2000, 1, 1), None) for day in range(1, 8)),
    {},
)
SIESTA = Diary(
    "Europe/Madrid",
    tuple(
        Hours(day, *shift, date(2000, 1, 1), None)
        for day in range(1, 6)
        for shift in ((540, 810), (960, 1140))
    ),
    {},
)
# opens and closes in the hour that the clock repeats, on 2024-10-27
NIGHT = Diary(
    "Europe/Madrid",
    (
        Hours(6, 1290, 1440, date(2000, 1, 1), None),
        Hours(7, 150, 160, date(2000, 1, 1), None),
        Hours(1, 0, 240, date(2000, 1, 1), None),
    ),
    {},
)


@given(diaries(), st.lists(cases(), min_size=1, max_size=20))
@example(OFFICE, [(datetime(2024, 3, 28, 16, 30), datetime(2024, 4, 1, 7, 30), 3600)])
# the limit is used up at closing time, and by Friday's evening on Tuesday
@example(OFFICE, [(datetime(2024, 6, 3, 15), datetime(2024, 6, 3, 16), 3600)])
@example(OFFICE, [(datetime(2024, 6, 7, 19), datetime(2024, 6, 11, 16), 2 * 9 * 3600)])
# half of Christmas Eve is worked, and a limit that the morning uses up is up when it ends
@example(OFFICE, [(datetime(2024, 12, 24, 11), datetime(2024, 12, 26, 9), 3600 + 1)])
@example(SIESTA, [(datetime(2024, 6, 3, 10), datetime(2024, 6, 3, 16), 90 * 60)])
@example(SIESTA, [(datetime(2024, 6, 3, 10), datetime(2024, 6, 3, 13), 90 * 60 + 1)])
@example(SIESTA, [(datetime(2024, 6, 3, 12), datetime(2024, 6, 3, 13, 30), 60)])
@example(ALWAYS, [(datetime(2024, 3, 30, 23), datetime(2024, 3, 31, 22), 24 * 3600)])
@example(ALWAYS, [(datetime(2024, 10, 26, 22), datetime(2024, 10, 27, 23), 24 * 3600)])
@example(NIGHT, [(datetime(2024, 10, 26, 20), datetime(2024, 10, 27, 1), 150 * 60 + 5)])
@settings(max_examples=15)
def test_working_time_and_deadlines_are_those_of_the_diary(
    connection: duckdb.DuckDBPyConnection, diary: Diary, tried: list[Case]
) -> None:
    measured = _measured(connection, diary, tried)
    for (start, stop, limit), (minutes, deadline) in zip(tried, measured, strict=True):
        worked = diary.worked(start, stop)
        assert minutes == worked / timedelta(microseconds=1) / 60_000_000
        due = diary.deadline(start, timedelta(seconds=limit))
        # the days of the models end 366 days after the range
        if due is not None and due < datetime(2027, 12, 30):
            assert deadline == due
            assert diary.worked(start, due) == timedelta(seconds=limit)


@given(
    diaries(earliest=4 * 60),
    _moments().map(lambda at: at.replace(second=0, microsecond=0)),
    st.integers(1, 4 * 24 * 60),
)
@settings(max_examples=15)
def test_working_time_is_what_the_wall_clock_shows_minute_by_minute(
    connection: duckdb.DuckDBPyConnection, diary: Diary, start: datetime, minutes: int
) -> None:
    stop = start + timedelta(minutes=minutes)
    ((measured, _),) = _measured(connection, diary, [(start, stop, 60)])
    assert measured == diary.worked_minute_by_minute(start, minutes)


def _measured(
    connection: duckdb.DuckDBPyConnection, diary: Diary, tried: list[Case]
) -> list[tuple[float, datetime | None]]:
    """Working minutes and deadline of each case, by the models."""
    for table in ("business_calendars", "holidays", "cases"):
        connection.execute(f"delete from reference.{table}")
    connection.executemany(
        "insert into reference.business_calendars values (?, ?, ?, ?, ?, ?, ?)",
        [
            *(
                ("tried", diary.time_zone, row.weekday, *map(_hh_mm, (row.opens, row.closes)),
                 row.valid_from, row.valid_to)
                for row in diary.hours
            ),
            # a neighbour whose time must not count
            ("other", "UTC", 1, "00:00", "24:00", date(2000, 1, 1), None),
        ],
    )  # fmt: skip
    if diary.holidays:
        connection.executemany(
            "insert into reference.holidays values ('tried', ?, ?, ?, ?)",
            [
                (day, "holiday", *(map(_hh_mm, own) if own else (None, None)))
                for day, own in diary.holidays.items()
            ],
        )
    connection.executemany(
        "insert into reference.cases values (?, 'tried', ?, ?, ?)",
        [(number, *case) for number, case in enumerate(tried)],
    )
    return connection.execute(
        "select working_minutes, deadline_at from intermediate.int_measured order by case_number"
    ).fetchall()


def _hh_mm(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
