"""Settings of a run: flags, then `FUNNEL_*` variables, then `funnel.toml`, then defaults."""

import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from orchestration.contract import PROJECT_DIR, available_sources, source_format
from orchestration.errors import FunnelError

CONFIG_FILE = "funnel.toml"
ENV_PREFIX = "FUNNEL_"
SECRETS = frozenset({"postgres"})
"""Settings that the environment alone may give: files are copied, shown and committed."""


class InvalidSettingsError(FunnelError):
    """A setting is unknown or has a value that cannot be used."""

    exit_code = 2


def project_vars(project_dir: Path = PROJECT_DIR) -> dict[str, Any]:
    """The vars that `dbt_project.yml` sets."""
    declared = yaml.safe_load((project_dir / "dbt_project.yml").read_text(encoding="utf-8"))
    return declared.get("vars") or {}


def project_time_zone() -> str:
    """The zone in which the project's schedules run."""
    return project_vars().get("reporting_time_zone") or "UTC"


def source_time_zones(
    sources: Iterable[str], formats: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """The zone of each source's moments without an offset, by source."""
    return {
        source: formats.get(source, {}).get("time_zone")
        or source_format(source).get("time_zone")
        or "UTC"
        for source in sources
    }


def reporting_time_zone(
    sources: Iterable[str], formats: Mapping[str, Mapping[str, Any]], declared: str | None
) -> str:
    """The zone in which days are counted: as declared, or else the one that the sources share."""
    zones = set(source_time_zones(sources, formats).values())
    return declared or (zones.pop() if len(zones) == 1 else "UTC")


def _split(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return [part.strip() for part in value.split(",") if part.strip()]


def _from_json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from error


def _known(source: str) -> str:
    known = available_sources()
    if source not in known:
        raise ValueError(f"there is no source '{source}'; the sources are {', '.join(known)}")
    return source


def _absolute(path: Path) -> Path:
    try:
        return path.expanduser().resolve()
    except RuntimeError as error:  # a link in a circle, or no such user's home
        raise ValueError(f"{path} leads nowhere: {error}") from error


def _holds_databases(path: Path) -> Path:
    # it would write the log of the database into a folder that it makes up from the path
    if "?" in str(path):
        raise ValueError(f"{path} has a '?', which DuckDB cannot have in the path of a database")
    return path


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _end_of_day(given: Any, info: ValidationInfo) -> Any:
    """The last moment of a day that is given as such; anything else as it is."""
    day = given
    if isinstance(given, str):
        try:
            day = date.fromisoformat(given.strip())
        except ValueError:
            return given
    if not isinstance(day, date) or isinstance(day, datetime):
        return given
    zone = reporting_time_zone(
        info.data.get("sources", ()),
        info.data.get("formats", {}),
        project_vars().get("reporting_time_zone"),
    )
    return datetime.combine(day, time.max, tzinfo=ZoneInfo(zone))


Folder = Annotated[Path, AfterValidator(_absolute)]
WarehouseFolder = Annotated[Folder, AfterValidator(_holds_databases)]
Source = Annotated[str, AfterValidator(_known)]


class Settings(BaseSettings):
    """The settings of a run. Relative folders are relative to the current directory."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_ignore_empty=True,
        toml_file=CONFIG_FILE,
        extra="forbid",
        frozen=True,
    )

    landing: Folder = Field(Path("landing"), validate_default=True)
    """Folder where the sources' files lie; of a URL, the folder that its files are copied to."""

    remote_landing: str | None = Field(None, pattern="^[a-z0-9+]+://")
    """URL of the landing folder, if `landing` was given as one (`s3://bucket/exports`)."""

    warehouse: WarehouseFolder = Field(Path("warehouse"), validate_default=True)
    """Folder of the work database, the releases and the link `current`."""

    sources: Annotated[tuple[Source, ...], NoDecode, BeforeValidator(_split)] = Field(
        default_factory=lambda: tuple(project_vars().get("lead_sources", ["files"])), min_length=1
    )
    """Sources that are on: folders under `models/staging/`."""

    keep: int = Field(5, ge=1)
    """Releases that stay after a publication, the current one included."""

    formats: Annotated[dict[str, dict[str, Any]], NoDecode, BeforeValidator(_from_json)] = Field(
        default_factory=dict
    )
    """How a source writes numbers and moments: dbt's var `source_formats`.

    By source, `source.table` or `source.table.column`.
    """

    as_of: Annotated[datetime, BeforeValidator(_end_of_day), AfterValidator(_utc)] | None = None
    """The latest moment that the data speaks for (UTC); None = derived from the data.

    A date alone is the end of that day in the reporting time zone.
    """

    memory: str = Field("7GB", pattern=r"^\d+(\.\d+)? ?[KMGT]i?B$")
    """DuckDB's memory limit for publication, and for the build under the target `prod`."""

    parquet: bool = False
    """Publish one Parquet file per table beside the database file."""

    postgres: SecretStr | None = None
    """PostgreSQL database that gets every release too: a URL or libpq's `key=value` pairs."""

    postgres_prefix: str = Field("", pattern="^[a-z0-9_]*$", max_length=32)
    """Stands before the names of the schemas in PostgreSQL."""

    postgres_reader: str = Field("funnel_reader", min_length=1)
    """PostgreSQL role that may read the release."""

    postgres_patience: float = Field(60, ge=0)
    """Seconds that readers' transactions in PostgreSQL are waited for."""

    environment: Literal["development", "production"] = "development"
    """Where Dagster runs: in production its schedules and sensors are on from the start."""

    keep_runs_days: int = Field(90, ge=1)
    """How long Dagster remembers a finished run, in days."""

    lock_wait_seconds: float = Field(1800, ge=0)
    """How long a Dagster run waits for another process that changes the warehouse."""

    retry_seconds: float = Field(60, ge=0)
    """How long a Dagster run waits before its first retry; each further one waits twice as long."""

    settle_seconds: float = Field(60, ge=0)
    """How long nothing may have changed in the landing folder before Dagster starts a run."""

    reports_from: date = date(2024, 1, 1)
    """First day of the first month for which Dagster offers a month-end report."""

    @model_validator(mode="before")
    @classmethod
    def copy_a_remote_landing(cls, given: Any) -> Any:
        """Where the landing folder is a URL, its copy is the folder `landing` of the warehouse."""
        url = str(given.get("landing", ""))
        if "://" not in url:
            return given
        copy = Path(given.get("warehouse", "warehouse")) / "landing"
        return {**given, "landing": copy, "remote_landing": url}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The order of precedence."""
        return init_settings, env_settings, _FileSource(settings_cls)


class _FileSource(TomlConfigSettingsSource):
    """funnel.toml, which may not hold a secret."""

    def __call__(self) -> dict[str, Any]:
        """The settings that the file gives."""
        given = super().__call__()
        for key in sorted(SECRETS & given.keys()):
            raise InvalidSettingsError(
                f"{Path(CONFIG_FILE).resolve()}, key '{key}': may hold a password, so it is taken "
                f"from the environment only. Set {ENV_PREFIX}{key.upper()} there and remove the "
                "key from the file."
            )
        return given


def load_settings(flags: Mapping[str, Any] | None = None) -> Settings:
    """The settings, from `flags` (a None is a flag that was not given) and the surroundings.

    Raises:
        InvalidSettingsError: names each value that cannot be used and the place where it was set.
    """
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    try:
        return Settings(**given)
    except tomllib.TOMLDecodeError as error:
        raise InvalidSettingsError(
            f"{Path(CONFIG_FILE).resolve()} is not TOML: {error}."
        ) from error
    except ValidationError as error:
        problems = [
            f"{_place(str(problem['loc'][0]), given)}: {_complaint(problem)}"
            for problem in error.errors()
        ]
        raise InvalidSettingsError("\n".join(problems)) from error


def _place(key: str, flags: Mapping[str, Any]) -> str:
    variable = f"{ENV_PREFIX}{key.upper()}"
    if key in flags:
        return f"--{key.replace('_', '-')}"
    if os.environ.get(variable):
        return f"environment variable {variable}"
    return f"{Path(CONFIG_FILE).resolve()}, key '{key}'"


def _complaint(problem: Mapping[str, Any]) -> str:
    if problem["type"] == "extra_forbidden":
        return f"unknown setting; the settings are {', '.join(sorted(Settings.model_fields))}"
    message = str(problem["msg"]).removeprefix("Value error, ")
    inside = ".".join(str(part) for part in problem["loc"][1:])
    return f"{message} (given: {problem['input']!r}{f' at {inside}' if inside else ''})"
