"""Flags come before variables, variables before funnel.toml, funnel.toml before defaults."""

from datetime import datetime
from pathlib import Path

import pytest

from orchestration.settings import InvalidSettingsError, load_settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current directory and no `FUNNEL_*` variable."""
    monkeypatch.chdir(tmp_path)
    for key in ("LANDING", "WAREHOUSE", "SOURCES", "KEEP", "AS_OF", "FORMATS", "PARQUET"):
        monkeypatch.delenv(f"FUNNEL_{key}", raising=False)
    return tmp_path


def write_config(folder: Path, text: str) -> None:
    (folder / "funnel.toml").write_text(text, encoding="utf-8")


def test_defaults(folder: Path) -> None:
    settings = load_settings()
    assert settings.landing == folder / "landing"
    assert settings.warehouse == folder / "warehouse"
    assert settings.sources == ("files",)
    assert settings.keep == 5
    assert settings.as_of is None


def test_flag_beats_variable_beats_file_beats_default(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings().keep == 5
    write_config(folder, "keep = 6")
    assert load_settings().keep == 6
    monkeypatch.setenv("FUNNEL_KEEP", "7")
    assert load_settings().keep == 7
    assert load_settings({"keep": 8}).keep == 8


def test_a_flag_that_is_not_given_hides_nothing(folder: Path) -> None:
    write_config(folder, 'landing = "from_file"')
    assert load_settings({"landing": None}).landing == folder / "from_file"


@pytest.mark.parametrize("given", ["files,files", "files, files"])
def test_sources_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("FUNNEL_SOURCES", given)
    assert load_settings().sources == ("files", "files")
    assert load_settings({"sources": given}).sources == ("files", "files")


def test_file_gives_lists_and_tables(folder: Path) -> None:
    write_config(folder, 'sources = ["files"]\n[formats.files]\ndecimal_separator = ","\n')
    settings = load_settings()
    assert settings.sources == ("files",)
    assert settings.formats == {"files": {"decimal_separator": ","}}


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("2025-03-01", datetime(2025, 3, 1, 23, 59, 59, 999999)),
        ("2025-03-01T12:30:00", datetime(2025, 3, 1, 12, 30)),
        ("2025-03-01T12:30:00+02:00", datetime(2025, 3, 1, 10, 30)),
    ],
)
def test_as_of_is_utc(given: str, meant: datetime) -> None:
    assert load_settings({"as_of": given}).as_of == meant


@pytest.mark.parametrize("given", ["7 gigs", "80%", "7GB' --"])
def test_memory_is_an_amount_that_duckdb_reads(given: str) -> None:
    assert load_settings({"memory": "512 MiB"}).memory == "512 MiB"
    with pytest.raises(InvalidSettingsError, match=r"^--memory: .*pattern"):
        load_settings({"memory": given})


def test_unknown_key_names_file_and_key(folder: Path) -> None:
    write_config(folder, 'lnading = "x"')
    with pytest.raises(InvalidSettingsError) as error:
        load_settings()
    assert str(error.value).startswith(
        f"{folder / 'funnel.toml'}, key 'lnading': unknown setting; the settings are as_of, "
    )


def test_bad_value_names_the_place_where_it_was_set(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_config(folder, "keep = 0")
    with pytest.raises(InvalidSettingsError, match=r"funnel.toml, key 'keep': .*\(given: 0\)"):
        load_settings()
    monkeypatch.setenv("FUNNEL_KEEP", "many")
    with pytest.raises(InvalidSettingsError, match=r"^environment variable FUNNEL_KEEP: .*'many'"):
        load_settings()
    with pytest.raises(InvalidSettingsError, match=r"^--keep: .*greater than or equal to 1"):
        load_settings({"keep": 0})


def test_every_bad_value_is_named(folder: Path) -> None:
    write_config(folder, 'keep = 0\nas_of = "soon"')
    with pytest.raises(InvalidSettingsError) as error:
        load_settings()
    assert "'keep'" in str(error.value)
    assert "'as_of'" in str(error.value)


def test_unknown_source_lists_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNNEL_SOURCES", "files,salesforce")
    with pytest.raises(
        InvalidSettingsError, match=r"no source 'salesforce'; the sources are .*files"
    ):
        load_settings()


def test_file_that_is_not_toml_names_file_and_line(folder: Path) -> None:
    write_config(folder, "keep = 3\nlanding = here")
    with pytest.raises(InvalidSettingsError, match=r"funnel.toml is not TOML: .*line 2"):
        load_settings()


def test_variable_that_is_not_json_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNNEL_FORMATS", "files=comma")
    with pytest.raises(
        InvalidSettingsError, match=r"^environment variable FUNNEL_FORMATS: not JSON: "
    ):
        load_settings()


def test_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNNEL_AS_OF", "")
    monkeypatch.setenv("FUNNEL_KEEP", "")
    assert load_settings().as_of is None
    assert load_settings().keep == 5


def test_folder_that_is_a_link_in_a_circle_is_named(folder: Path) -> None:
    (folder / "circle").symlink_to("circle")
    try:
        load_settings({"landing": folder / "circle"})  # Python 3.13 takes it as a folder to come
    except InvalidSettingsError as error:
        assert "--landing" in str(error) and "circle" in str(error)


def test_folder_in_which_no_database_can_be_written_is_named(folder: Path) -> None:
    with pytest.raises(
        InvalidSettingsError, match=r"--warehouse.*why\?.* has a '\?', which DuckDB"
    ):
        load_settings({"warehouse": folder / "why?" / "warehouse"})
    assert load_settings({"landing": folder / "why?"}).landing.name == "why?"
