"""How a column writes moments and numbers, by its values."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

import duckdb

from orchestration.sql import literal
from orchestration.words import iso_moment

DAYS = (
    *("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d"),
    *("%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%m-%y", "%m-%d-%y", "%Y%m%d"),
    *("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d %Y"),
)
TIMES = (
    *("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", ", %H:%M", ", %H:%M:%S"),
    *(", %I:%M %p", ", %I:%M:%S %p", "T%H:%M", "T%H:%M:%S", " %H:%M:%S.%f", " %H:%M:%S %z"),
)
SPREADSHEET_DAYS = range(30_000, 60_000)
"""Days of a spreadsheet from 1982 to 2064."""
EPOCHS = {"epoch_seconds": 10, "epoch_milliseconds": 13, "epoch_microseconds": 16}
"""Digits of time since 1970, between 2001 and 2286."""
MOST_FORMATS = 3
"""Formats that one column may be written in."""

_LOOKS_LIKE_MOMENT = re.compile(r"(?=.*\d)[\w\s:./,+-]{6,40}")
_DAY_FIRST = re.compile(r"^%[dm]([/.-])%[dm]")

_SHAPES = dict.fromkeys("dmHIMS", r"\d{1,2}") | {
    "Y": r"\d{4}",
    "y": r"\d{2}",
    "b": "[A-Za-z]{3}",
    "B": "[A-Za-z]{3,}",
    "p": "[AaPp][Mm]",
    "f": r"\d+",
    "z": r"[-+]\d{2}:?\d{2}",
}
"""What each directive of a format takes."""

_SIGN = "$€£¥₹₽₺₩₪₫₴"
_NUMBER = re.compile(
    rf"[-+]?(?:[A-Z]{{1,3}})?\s?[{_SIGN}]?\s?[-+]?\d+(?:[.,'\u2019\s]\d+)*\s?(?:[{_SIGN}]|[A-Z]{{3}}|%)?"
)
_CODE = re.compile(r"[A-Z]{3}")
_SIGNS = {"€": "EUR", "£": "GBP", "₹": "INR", "₺": "TRY", "₽": "RUB", "₩": "KRW", "R$": "BRL"}


@dataclass(frozen=True)
class Moments:
    """How the moments of a column are written; `read_share` of its values are read so.

    `formats` are those of a declaration, empty for ISO 8601. Without `order` a text like
    `05/06/2024` has two readings, and nothing in the column says which.
    """

    formats: tuple[str, ...]
    read_share: float
    has_times: bool
    has_offsets: bool = False
    is_ambiguous: bool = False

    @property
    def order(self) -> str | None:
        """`d` or `m`, whichever comes first in texts that could be read both ways."""
        found = {f[1] for f in self.formats if _DAY_FIRST.match(f)}
        return found.pop() if len(found) == 1 and not self.is_ambiguous else None

    def month_first(self) -> "Moments":
        """The same texts, read with the month before the day."""
        swapped = tuple(
            "%m" + f[2] + "%d" + f[5:] if _DAY_FIRST.match(f) and f[1] == "d" else f
            for f in self.formats
        )
        return Moments(swapped, self.read_share, self.has_times, self.has_offsets)


@dataclass(frozen=True)
class Numbers:
    """How the numbers of a column are written; `read_share` of its values are numbers.

    `decimal_mark` is None where no value tells; `needs_mark` is true where some value has two
    readings without it.
    """

    read_share: float
    decimal_mark: str | None
    needs_mark: bool
    thousands_mark: str | None
    are_whole: bool
    currencies: tuple[str, ...]


def moments_of(
    connection: duckdb.DuckDBPyConnection, values: Sequence[str], *, is_named_so: bool
) -> Moments | None:
    """The format of moments, if most of the values are moments.

    Bare numbers are moments only where the header says so (`is_named_so`).
    """
    if bare := _bare_moments(values) if is_named_so else None:
        return bare
    likely = [value for value in values if _LOOKS_LIKE_MOMENT.fullmatch(value)]
    if not likely or len(likely) < len(values) / 2:
        return None
    [(iso, offsets, times)] = connection.execute(
        f"""
        select
            count({iso_moment("v")}),
            count(*) filter (v similar to '.*[0-9](Z| UTC|[-+][0-9]{{2}}:?[0-9]{{2}})'),
            count(*) filter (contains(v, ':') and not v similar to '.*[T ]00:00(:00([.]0+)?)?.*')
        from (select unnest(?) as v)
        """,
        [likely],
    ).fetchall()
    if iso >= len(values) / 2:
        return Moments((), iso / len(values), times > 0, offsets == iso)
    formats = [
        day + time
        for day, time in product(DAYS, TIMES)
        if any(looks_like(value, day + time) for value in likely)
    ]
    if not formats:
        return None
    reads = ", ".join(
        f"list(v) filter (year(try_strptime(v, {literal(f)})) between 1971 and 2099)"
        for f in formats
    )
    [found] = connection.execute(
        f"select {reads} from (select unnest(?) as v)", [likely]
    ).fetchall()
    read = {f: frozenset(texts) for f, texts in zip(formats, found, strict=True) if texts}
    return _covering(read, len(values))


def looks_like(value: str, strptime_format: str) -> bool:
    """True if a text has the shape that a format asks for, whatever its numbers say."""
    return bool(_pattern(strptime_format).fullmatch(value))


@cache
def _pattern(strptime_format: str) -> re.Pattern[str]:
    parts = re.findall(r"%(.)|([^%]+)", strptime_format)
    return re.compile("".join(_SHAPES[d] if d else re.escape(text) for d, text in parts))


def _covering(read: dict[str, frozenset[str]], total: int) -> Moments | None:
    """The fewest formats that read nearly all values; of two orders of day and month the better."""
    chosen: list[str] = []
    covered: frozenset[str] = frozenset()
    is_ambiguous = False
    while len(chosen) < MOST_FORMATS:
        gains = {f: len(texts - covered) for f, texts in read.items()}
        best = max(gains, key=lambda f: gains[f], default=None)
        if best is None or gains[best] == 0 or (chosen and gains[best] < 2 <= total - len(covered)):
            break
        if match := _DAY_FIRST.match(best):
            twin = f"%{best[4]}{match[1]}%{best[1]}{best[5:]}"
            is_ambiguous |= gains.get(twin, 0) == gains[best]
        chosen.append(best)
        covered |= read[best]
    if len(covered) < total / 2:
        return None
    orders = {f[1] for f in chosen if _DAY_FIRST.match(f)}
    if len(orders) > 1:  # the same column in both orders: what one format says holds for all
        chosen = [f for f in chosen if not _DAY_FIRST.match(f) or f[1] == chosen[0][1]]
        covered = frozenset().union(*(read[f] for f in chosen))
    return Moments(
        tuple(chosen),
        len(covered) / total,
        any("%H" in f or "%I" in f for f in chosen),
        all("%z" in f for f in chosen),
        is_ambiguous,
    )


def _bare_moments(values: Sequence[str]) -> Moments | None:
    for name, digits in EPOCHS.items():
        fitting = sum(bool(re.fullmatch(rf"\d{{{digits}}}([.,]\d+)?", value)) for value in values)
        if fitting > len(values) / 2:
            return Moments((name,), fitting / len(values), has_times=True, has_offsets=True)
    days = [value for value in values if re.fullmatch(r"\d{5}([.,]\d+)?", value)]
    fitting = sum(int(value[:5]) in SPREADSHEET_DAYS for value in days)
    if fitting > len(values) / 2:
        has_times = any(len(value) > 5 for value in days)
        return Moments(("excel_days",), fitting / len(values), has_times)
    return None


def numbers_of(values: Sequence[str]) -> Numbers | None:
    """The format of numbers, if most of the values are numbers."""
    numbers = [value for value in values if _NUMBER.fullmatch(value)]
    if not numbers or len(numbers) < len(values) / 2:
        return None
    points, commas = (sum(map(_tells(m, o), numbers)) for m, o in ((".", ","), (",", ".")))
    mark = "." if points and not commas else "," if commas and not points else None
    groups = Counter(c for v in numbers for c in re.findall(r"(?<=\d)['\u2019\s](?=\d{3})", v))
    apostrophe = groups and groups.most_common(1)[0][0] in "'\u2019"
    codes = {
        _SIGNS.get(sign, sign)
        for value in numbers
        for sign in re.findall(rf"R\$|[{_SIGN}]|[A-Z]{{3}}", value)
    }
    return Numbers(
        read_share=len(numbers) / len(values),
        decimal_mark=mark,
        needs_mark=any(re.search(r"\d[.,]\d", value) for value in numbers),
        thousands_mark=("'" if apostrophe else " ") if groups else None,
        are_whole=not any(re.search(r"\d[.,]\d", value) for value in numbers),
        currencies=tuple(sorted(code for code in codes if _CODE.fullmatch(code))),
    )


def _tells(mark: str, other: str):  # type: ignore[no-untyped-def]
    m, o = re.escape(mark), re.escape(other)
    pattern = re.compile(
        rf"[^.,]*\d{m}(\d{{1,2}}|\d{{4,}})[^\d.,]*|[^.,]*\d{{4}}{m}\d{{3}}[^\d.,]*"
        rf"|[^.,\d]*0{m}\d{{3}}[^\d.,]*|[^.,]*\d{{1,3}}({o}\d{{3}})+{m}\d+[^\d.,]*"
        rf"|[^.,]*\d{{1,3}}({o}\d{{3}}){{2,}}[^\d.,]*"
    )
    return lambda text: bool(pattern.fullmatch(text))
