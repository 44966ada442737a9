"""The known truth: conversion probabilities of the model, worked out without simulating."""

from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from itertools import pairwise
from math import factorial
from typing import Any

import numpy as np

from simulator import model
from simulator.clocks import DAY, Floats, WeeklyClock
from simulator.model import CUSTOMER, LEAD, MQL, SAL, STAGES, STEPS

HORIZONS = (7, 14, 30, 60, 90, 120, 180)
"""Days."""
_GRID_DAY = 24
_GRID = np.arange(210 * _GRID_DAY)
_SIDES = (model.RECYCLED, model.DISQUALIFIED, model.LOST)

Path = tuple[int, ...]


def expected_entries(first_only: bool = False) -> Floats:
    """Expected entries per person to each stage, by stage (6) and cell.

    `first_only` = probability that the person ever enters the stage; else all cycles count.
    """
    if not first_only:
        return _entries(absorbing=None)
    return np.stack([_entries(absorbing=stage)[stage] for stage in range(len(STAGES))])


@cache
def conversions() -> tuple[dict[str, Any], ...]:
    """P(converted within H days of entering), by pair of stages, segment, horizon, way of counting.

    The denominator is the observed entries to `from_stage`. `reached` counts the first entry to
    `to_stage` or any later one in the same cycle, `observed` only an entry to `to_stage` itself.
    `count_mode` weighs the cells by all entries (cycle) or by first entries of a person (first).
    A segment of None is the whole.
    """
    entries = {"cycle": expected_entries(), "first": expected_entries(first_only=True)}
    segments = list(_segments())
    members = np.stack([np.isin(np.arange(model.CELLS), cells) for _, _, cells in segments])
    rows = []
    for from_stage in range(CUSTOMER):
        for to_stage in range(from_stage + 1, CUSTOMER + 1):
            for measure in ("reached", "observed"):
                by_cell = _converted(from_stage, to_stage, measure == "observed")
                for count_mode, expected in entries.items():
                    weights = members * model.cell_shares() * expected[from_stage]
                    probability = weights @ by_cell.T / weights.sum(axis=1, keepdims=True)
                    rows += [
                        {
                            "from_stage": STAGES[from_stage],
                            "to_stage": STAGES[to_stage],
                            "measure": measure,
                            "count_mode": count_mode,
                            "channel": channel,
                            "persona": persona,
                            "horizon_days": horizon,
                            "probability": float(probability[segment, number]),
                        }
                        for segment, (channel, persona, _) in enumerate(segments)
                        for number, horizon in enumerate(HORIZONS)
                    ]
    return tuple(rows)


def headline() -> dict[str, Any]:
    """Reached, all cycles: pair of stages -> channel (or "all") -> horizon -> probability."""
    found: dict[str, Any] = {}
    for row in conversions():
        if row["measure"] == "reached" and row["count_mode"] == "cycle" and row["persona"] is None:
            by_channel = found.setdefault(f"{row['from_stage']}>{row['to_stage']}", {})
            by_horizon = by_channel.setdefault(row["channel"] or "all", {})
            by_horizon[str(row["horizon_days"])] = round(row["probability"], 6)
    return found


def hazards() -> list[dict[str, Any]]:
    """Per step, channel and persona: the probability to advance, over the fits, and the delays."""
    advance, weights = (
        model.advance_probabilities(),
        model.cell_shares() * expected_entries()[:CUSTOMER],
    )
    return [
        {
            "stage": STAGES[stage],
            "channel": channel,
            "persona": persona,
            "p_advance": float(np.average(advance[stage][cells], weights=weights[stage][cells])),
            "p_advance_by_fit": dict(zip(model.FITS, advance[stage][cells].tolist(), strict=True)),
            "advances_to": {STAGES[target]: share for target, share in step.jumps.items()},
            "advance_delay": {
                "distribution": "gamma",
                "shape": step.shape,
                "mean_days": step.mean_days * pace,
                "zero_share": step.zero_share,
            },
            "exits": dict(zip(model.EXITS, step.exits, strict=True)),
            "exit_delay": {"distribution": "exponential", "mean_days": step.exit_mean_days * pace},
        }
        for stage, step in enumerate(STEPS)
        for channel, persona, cells in _segments()
        if channel is not None and persona is not None
        for pace in (next(c.pace for c in model.CHANNELS if c.key == channel),)
    ]


def customer_probability() -> Floats:
    """Probability that a cycle that starts at lead ends with a customer, however late, by cell."""
    return np.asarray(_chain(_start({LEAD: 1.0}))[CUSTOMER])


def contact() -> list[dict[str, Any]]:
    """First contact after an MQL, by team; delays in minutes of work in the team's calendar."""
    return [
        {
            **asdict(team),
            "delay": "exponential, minutes of work from the MQL",
            "within_60_minutes": (1 - team.never_contacted)
            * (1 - np.exp(-60 / team.contact_mean_minutes)),
        }
        for team in model.TEAMS
    ]


def _segments() -> Iterator[tuple[str | None, str | None, Any]]:
    """Each channel and persona (None = all), with its cells."""
    cells = np.arange(model.CELLS).reshape(
        len(model.CHANNELS), len(model.PERSONAS), len(model.FITS)
    )
    channels = [
        (None, slice(None)),
        *((c.key, slice(n, n + 1)) for n, c in enumerate(model.CHANNELS)),
    ]
    personas = [
        (None, slice(None)),
        *((p.key, slice(n, n + 1)) for n, p in enumerate(model.PERSONAS)),
    ]
    for channel, of_channel in channels:
        for persona, of_persona in personas:
            yield channel, persona, cells[of_channel, of_persona].ravel()


def _start(stages: dict[int, float]) -> Floats:
    start = np.zeros((len(STAGES), model.CELLS))
    for stage, share in stages.items():
        start[stage] = share
    return start


def _chain(start: Floats, absorbing: int | None = None) -> Floats:
    """Expected entries in one cycle that starts as `start`; nobody leaves the absorbing stage."""
    entries = start.copy()
    for stage, step in enumerate(STEPS):
        if stage != absorbing:
            for target, share in step.jumps.items():
                entries[target] += entries[stage] * model.advance_probabilities()[stage] * share
    return entries


def _entries(absorbing: int | None) -> Floats:
    total = np.zeros((len(STAGES), model.CELLS))
    start = _start({LEAD: 1.0})
    for _ in range(model.MAX_CYCLES):
        entries = _chain(start, absorbing)
        total += entries
        again = sum(
            entries[stage]
            * (1 - model.advance_probabilities()[stage])
            * step.exits[side]
            * model.REENTRY[kind]
            for stage, step in enumerate(STEPS)
            if stage != absorbing
            for side, kind in enumerate(_SIDES)
        )
        start = _start(model.REENTRY_STAGES) * again
    return total


def _paths(from_stage: int, to_stage: int) -> Iterator[Path]:
    """The ways from a stage to another or past it: the stages entered, first and last included."""
    for target in STEPS[from_stage].jumps:
        if target >= to_stage:
            yield (from_stage, target)
        else:
            yield from ((from_stage, *rest) for rest in _paths(target, to_stage))


def _converted(from_stage: int, to_stage: int, exactly: bool) -> Floats:
    """P(converted within each horizon), by horizon and cell."""
    advance = model.advance_probabilities()
    cell_channel = np.arange(model.CELLS) // (len(model.PERSONAS) * len(model.FITS))
    total = np.zeros((len(HORIZONS), model.CELLS))
    for path in _paths(from_stage, to_stage):
        if exactly and path[-1] != to_stage:
            continue
        probability = np.ones(model.CELLS)
        for stage, target in pairwise(path):
            probability = probability * advance[stage] * STEPS[stage].jumps[target]
        within = np.array([_within_horizons(path[:-1], c.pace) for c in model.CHANNELS])
        total += probability * within[cell_channel].T
    return total


@cache
def _within_horizons(stages: Path, pace: float) -> Floats:
    """P(the delays of these stages sum to at most H days of elapsed time).

    Delays run on the weekly clocks: exact for whole weeks, a mean over the week for other horizons.
    """
    entry_clock = model.LEAD_CLOCK if stages[0] in (LEAD, MQL) else model.OFFICE_CLOCK
    clock = model.LEAD_CLOCK if stages == (LEAD,) else model.OFFICE_CLOCK
    days_passed = np.stack([_days_passed(clock, horizon) for horizon in HORIZONS])
    return np.asarray(
        _cdf(stages, pace, days_passed) @ (entry_clock.weights / entry_clock.weights.sum())
    )


def _days_passed(clock: WeeklyClock, horizon: int) -> Floats:
    """Days on the clock in `horizon` days from the middle of each hour of the week, from Monday."""
    monday = 4 * DAY
    starts = monday + (np.arange(168) + 0.5) * 3600
    return np.asarray((clock.reading(starts + horizon * DAY) - clock.reading(starts)) / DAY)


def _cdf(stages: Path, pace: float, days: Floats) -> Floats:
    """P(the sum of the delays of these stages <= days)."""
    if not stages:
        return np.ones_like(days)
    if SAL in stages and STEPS[SAL].zero_share:
        without = tuple(stage for stage in stages if stage != SAL)
        zero = STEPS[SAL].zero_share
        return np.asarray(
            zero * _cdf(without, pace, days) + (1 - zero) * _cdf_of_sum(stages, pace, days)
        )
    return _cdf_of_sum(stages, pace, days)


def _cdf_of_sum(stages: Path, pace: float, days: Floats) -> Floats:
    size = 2 ** int(np.ceil(np.log2(len(_GRID) * (len(stages) + 1))))
    spectrum = np.ones(size // 2 + 1, dtype=np.complex128)
    for stage in stages:
        step = STEPS[stage]
        edges = _erlang_cdf(
            np.append(_GRID, len(_GRID)) / _GRID_DAY, step.shape, step.mean_days * pace
        )
        spectrum *= np.fft.rfft(np.diff(edges), size)
    mass = np.fft.irfft(spectrum, size)[: len(_GRID)]
    # the mass of a cell sits in its middle, so that of a sum of n lies n half cells further on
    ends = (_GRID + (len(stages) + 1) / 2) / _GRID_DAY
    return np.asarray(np.interp(days, ends, np.cumsum(mass), left=0.0))


def _erlang_cdf(days: Floats, shape: int, mean_days: float) -> Floats:
    scaled = days * shape / mean_days
    tail = sum(scaled**k / factorial(k) for k in range(shape))
    return np.asarray(1 - np.exp(-scaled) * tail)
