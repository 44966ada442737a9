"""Configuration of the simulator."""

from calendar import monthrange
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

from orchestration.errors import FunnelError

FileFormat = Literal["csv", "parquet"]


class SimulationConfigError(FunnelError, ValueError):
    """The options of a simulation contradict each other, or the folder holds another company."""


@dataclass(frozen=True)
class SimulationConfig:
    """The options of a simulation; the same options give the same bytes.

    `leads` counts lead ids, duplicates of a person included; `activities_per_lead` is their mean.
    The company is observed in [start, start + months). Of that, what became known in
    [from_, until) is written (days in UTC), by default all of it. `dirty_share` is the share of
    dirty rows per table (0 = none). `parallel_deals` is the share of first deals beside which the
    person has another one, that is lost while the first is open.

    Raises:
        SimulationConfigError: an option is out of its range.
    """

    leads: int = 5000
    months: int = 18
    seed: int = 7
    start: date = date(2024, 1, 1)
    activities_per_lead: float = 20.0
    dirty_share: float = 0.002
    parallel_deals: float = 0.0
    file_format: FileFormat = "csv"
    until: date | None = None
    from_: date | None = None

    def __post_init__(self) -> None:
        for holds, problem in (
            (self.leads >= 1, f"leads is {self.leads}: ask for at least 1."),
            (1 <= self.months <= 240, f"months is {self.months}: ask for 1 to 240."),
            (self.seed >= 0, f"seed is {self.seed}: give 0 or more."),
            (
                0 <= self.activities_per_lead <= 1000,
                f"activities per lead is {self.activities_per_lead}: give 0 to 1000.",
            ),
            (
                0 <= self.parallel_deals <= 1,
                f"parallel deals is {self.parallel_deals}: give a share from 0 to 1.",
            ),
            (0 <= self.dirty_share <= 0.5, f"dirty share is {self.dirty_share}: give 0 to 0.5."),
            (
                self.file_format in ("csv", "parquet"),
                f"file format is '{self.file_format}': give csv or parquet.",
            ),
            (
                self.start <= self.first_day < self.last_day <= self.end,
                f"from {self.first_day} until {self.last_day} is not a period within "
                f"the simulated one: give start {self.start} <= from < until <= end {self.end}.",
            ),
        ):
            if not holds:
                raise SimulationConfigError(f"Cannot simulate: {problem}")

    @property
    def end(self) -> date:
        """First day that is no longer observed."""
        return month_after(self.start, self.months)

    @property
    def first_day(self) -> date:
        """First day of what is written."""
        return self.from_ or self.start

    @property
    def last_day(self) -> date:
        """First day that is no longer written."""
        return self.until or self.end

    @property
    def company(self) -> dict[str, Any]:
        """The options that make the company, as JSON values; the others say what is written."""
        options = asdict(self)
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in options.items()
            if name not in ("file_format", "until", "from_")
        }


@dataclass(frozen=True)
class Window:
    """The moments that matter to a run, in seconds since 1970 (UTC)."""

    start: int
    end: int
    known_from: int | None
    known_until: int

    @classmethod
    def of(cls, config: SimulationConfig) -> "Window":
        """The window of a configuration; without `from_`, also what was known before the start."""
        return cls(
            start=seconds_of(config.start),
            end=seconds_of(config.end),
            known_from=None if config.from_ is None else seconds_of(config.from_),
            known_until=seconds_of(config.last_day),
        )


def month_after(day: date, months: int) -> date:
    """The same day some months later; the last one of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def seconds_of(day: date) -> int:
    """Seconds from 1970 to the start of a day in UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
