"""A figure: what was measured for one expectation."""

from dataclasses import dataclass

SAMPLES = 3
"""Most rows that a figure names."""


@dataclass(frozen=True)
class Figure:
    """The measurement for one expectation; `value` is None where it cannot be judged.

    `detail` says what the figure is made of, or why there is none; `samples` are keys of rows
    behind a figure outside its limits: a file and row number, or a surrogate key, never personal
    data.
    """

    value: float | None
    detail: str = ""
    samples: tuple[str, ...] = ()
