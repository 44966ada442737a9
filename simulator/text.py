"""Numbers to text, as an export would write them; null where `present` is false."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from simulator.clocks import DAY, Bools, Floats, Ints, TimeZones

Bytes = npt.NDArray[np.uint8]


def words(codes: npt.NDArray[np.integer], vocabulary: Sequence[str | None]) -> pa.Array:
    """The word of each code; null for a code below 0."""
    return pa.array(vocabulary, pa.string()).take(pa.array(codes, mask=codes < 0))


def choices(rng: np.random.Generator, count: int, vocabulary: Sequence[str]) -> pa.Array:
    """`count` words by chance."""
    return words(rng.integers(0, len(vocabulary), count), vocabulary)


def constant(count: int, word: str) -> pa.Array:
    """`count` times one word."""
    return words(np.zeros(count, dtype=np.int64), (word,))


def flags(values: Bools, present: Bools | None = None) -> pa.Array:
    """true and false."""
    return (
        words(values.astype(np.int64), ("false", "true"))
        if present is None
        else words(np.where(present, values.astype(np.int64), -1), ("false", "true"))
    )


def integers(values: Ints, present: Bools | None = None) -> pa.Array:
    """Whole numbers."""
    return pa.array(values, mask=None if present is None else ~present).cast(pa.string())


def money(values: Floats, present: Bools | None = None) -> pa.Array:
    """Amounts above 0, with two decimals."""
    cents = np.round(values * 100).astype(np.int64)
    whole = integers(cents // 100, present)
    return joined(whole, ".", words(cents % 100, [f"{cent:02d}" for cent in range(100)]))


def decimals(values: Floats, places: int) -> pa.Array:
    """Numbers rounded to some decimals."""
    return pa.array(np.round(values, places)).cast(pa.string())


def ids(prefix: str, numbers: Ints, digits: int = 9, present: Bools | None = None) -> pa.Array:
    """A prefix and a number of `digits` digits."""
    text = np.empty((len(numbers), len(prefix) + digits), dtype=np.uint8)
    text[:, : len(prefix)] = np.frombuffer(prefix.encode(), dtype=np.uint8)
    left = numbers.astype(np.int64)
    for place in range(digits):
        left, digit = np.divmod(left, 10)
        text[:, -1 - place] = digit + ord("0")
    return _fixed_width(text, present)


def moments(values: Ints, present: Bools | None = None) -> pa.Array:
    """ISO 8601 in UTC, to the second: 2024-03-31T01:30:00Z."""
    values = values if present is None else np.where(present, values, 0)
    day, second = np.divmod(values, DAY)
    text = np.empty((len(values), 20), dtype=np.uint8)
    if len(values):
        first = int(day.min())
        text[:, :10] = _days(first, int(day.max()) + 1)[day - first]
    text[:, 10:] = _seconds()[second]
    return _fixed_width(text, present)


def moments_with_offset(values: Ints, chosen: Bools, zones: TimeZones, zone: Ints) -> pa.Array:
    """As `moments`; the chosen ones in local time with its offset: 2024-03-31T03:30:00+02:00."""
    text = moments(values)
    if not chosen.any():
        return text
    offset = zones.offset(values[chosen], zone[chosen])
    local = pc.utf8_slice_codeunits(moments(values[chosen] + offset), 0, 19)
    minutes = np.abs(offset) // 60
    sign = words((offset >= 0).astype(np.int64), ("-", "+"))
    suffix = joined(sign, ids("", minutes // 60, 2), ":", ids("", minutes % 60, 2))
    return pc.replace_with_mask(text, pa.array(chosen), joined(local, suffix))


def dates(values: Ints, present: Bools | None = None) -> pa.Array:
    """ISO dates of moments (UTC)."""
    return pc.utf8_slice_codeunits(moments(values, present), 0, 10)


def joined(*parts: pa.Array | str) -> pa.Array:
    """Texts end to end; null where a part is null."""
    return pc.binary_join_element_wise(*parts, "")


def _fixed_width(text: Bytes, present: Bools | None) -> pa.Array:
    count, width = text.shape
    offsets = np.arange(count + 1, dtype=np.int32) * width
    validity = None
    if present is not None:
        validity = pa.py_buffer(np.packbits(present, bitorder="little").tobytes())
    return pa.StringArray.from_buffers(
        count, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(text)), validity
    )


def _days(first: int, last: int) -> Bytes:
    days = np.datetime_as_string(np.arange(first, last).astype("datetime64[D]")).astype("S10")
    return np.frombuffer(days.tobytes(), dtype=np.uint8).reshape(-1, 10)


@cache
def _seconds() -> Bytes:
    seconds = np.datetime_as_string(np.arange(DAY).astype("datetime64[s]"), timezone="UTC").astype(
        "S20"
    )
    return np.frombuffer(seconds.tobytes(), dtype=np.uint8).reshape(-1, 20)[:, 10:]
