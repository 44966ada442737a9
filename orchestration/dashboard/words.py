"""Texts of the page in a language, and its formats of numbers, money and dates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from babel import Locale, dates, numbers

WORDS_FILE = Path(__file__).with_name("words.yml")
LANGUAGES = ("en", "es")
_LOCALES = {"en": "en_GB", "es": "es_ES"}
"""Day before month in both; a month's name never stands for a day."""


@dataclass(frozen=True)
class Language:
    """The page's texts in one language. `currency` and `zone` are those of the release."""

    code: str
    currency: str
    zone: str

    @property
    def locale(self) -> Locale:
        """The language's locale for numbers and dates."""
        return Locale.parse(_LOCALES[self.code])

    def say(self, key: str, **values: object) -> str:
        """The text `key` of `words.yml`, with its places filled.

        Raises:
            KeyError: there is no such text, or a place of it got no value.
        """
        return _words()[key][self.code].format_map(values)

    def knows(self, key: str) -> bool:
        """True if there is a text of that name."""
        return key in _words()

    def term(self, landed: str) -> str:
        """A stage, outcome, channel or model by its name; what has none, as it landed."""
        known = _words().get(f"term_{landed}")
        return known[self.code] if known else landed

    def number(self, value: float, digits: int = 0) -> str:
        """A number, rounded, with thousands separated; trailing zeros are left out."""
        pattern = "#,##0" + ("." + "#" * digits if digits else "")
        return self._minus(numbers.format_decimal(value, format=pattern, locale=self.locale))

    def share(self, value: float, digits: int = 0) -> str:
        """A share of 0 to 1 (or more) in percent."""
        pattern = "#,##0" + ("." + "0" * digits if digits else "") + "\u00a0%"
        return self._minus(numbers.format_percent(value, format=pattern, locale=self.locale))

    def money(self, value: float) -> str:
        """An amount in whole units of the reporting currency."""
        pattern = {"en": "¤#,##0", "es": "#,##0\u00a0¤"}[self.code]
        return self._minus(
            numbers.format_currency(
                round(value),
                self.currency,
                format=pattern,
                locale=self.locale,
                currency_digits=False,
            )
        )

    def month(self, day: date) -> str:
        """The month of a day, with its year."""
        return dates.format_skeleton("yMMMM", _noon(day), locale=self.locale)

    def quarter(self, day: date) -> str:
        """The quarter that begins on a day, with its year; one of no calendar by its months."""
        if day.month % 3 == 1:
            return dates.format_skeleton("yQQQ", _noon(day), locale=self.locale)
        last_month = day + timedelta(days=62)
        return dates.format_interval(day, last_month, skeleton="yMMM", locale=self.locale)

    def day(self, day: date) -> str:
        """A day, written out."""
        return dates.format_date(day, "long", locale=self.locale)

    def moment(self, moment: datetime) -> str:
        """A moment (UTC where it has no zone) in the reporting time zone, to the minute."""
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        local = aware.astimezone(ZoneInfo(self.zone))
        return f"{self.day(local.date())}, {local:%H:%M}"

    def chart_numbers(self) -> dict[str, Any]:
        """Vega's number format for axes (d3's `formatLocale`)."""
        symbols = self.locale.number_symbols["latn"]
        return {
            "decimal": symbols["decimal"],
            "thousands": symbols["group"],
            "grouping": [3],
            "currency": ["", ""],
            "percent": "\u00a0%",
        }

    def chart_dates(self) -> dict[str, Any]:
        """Vega's date format for axes (d3's `timeFormatLocale`)."""
        months, days = self.locale.months["format"], self.locale.days["format"]
        week = (6, 0, 1, 2, 3, 4, 5)  # d3's weeks begin on Sunday, Babel's on Monday
        return {
            "dateTime": "%-d %B %Y, %H:%M",
            "date": "%-d %B %Y",
            "time": "%H:%M",
            "periods": ["AM", "PM"],
            "days": [days["wide"][number] for number in week],
            "shortDays": [days["abbreviated"][number] for number in week],
            "months": [months["wide"][number] for number in range(1, 13)],
            "shortMonths": [months["abbreviated"][number] for number in range(1, 13)],
        }

    @staticmethod
    def _minus(text: str) -> str:
        return text.replace("-", "\N{MINUS SIGN}")


def first_upper(text: str) -> str:
    """A text as the beginning of a sentence: Spanish months are written small."""
    return text[:1].upper() + text[1:]


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    words: dict[str, dict[str, str]] = yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8"))
    return words


def _noon(day: date) -> datetime:
    """A day as a moment of it: Babel takes midnight to its own time zone."""
    return datetime.combine(day, time(12), tzinfo=UTC)
