"""Journeys: the true course of each person through the stages, uncensored."""

from dataclasses import dataclass

import numpy as np

from simulator import model
from simulator.clocks import NEVER, Bools, BusinessCalendar, Floats, Ints, TimeZones
from simulator.model import (
    CHANNELS,
    LEAD,
    LEAD_CLOCK,
    MAX_CYCLES,
    MQL,
    OFFICE_CLOCK,
    OPEN,
    SAL,
    SQL,
    STAGES,
    STEPS,
    TEAMS,
)
from simulator.persons import Persons

_PACE = np.array([channel.pace for channel in CHANNELS])
_SIDES = np.array([model.RECYCLED, model.DISQUALIFIED, model.LOST, OPEN])


@dataclass(frozen=True)
class Journeys:
    """The true courses, by person and cycle. A moment of `NEVER` = it does not come."""

    entered_at: Ints
    """By person, cycle and stage; stages that are jumped are never entered."""
    exit: Ints
    """Side stage in which the cycle ends; OPEN = in none."""
    exited_at: Ints
    regressed_at: Ints
    """A step back, by a lead who does not go on from SQL."""
    regressed_to: Ints
    is_mql_by_rule: Bools
    """The MQL shows by a late-stage action."""
    is_mql_in_crm: Bools
    """The MQL shows by a status change."""
    contacted_at: Ints
    """First outbound contact by a person of ours after the MQL (or a later first stage)."""

    @property
    def first_exited_at(self) -> Ints:
        """First exit of each person to a side stage."""
        return np.asarray(self.exited_at.min(axis=1))

    @property
    def is_last_cycle(self) -> Bools:
        """The cycles that no other follows."""
        has_cycle = self.entered_at.min(axis=2) < NEVER
        followed = np.concatenate(
            [has_cycle[:, 1:], np.zeros((len(has_cycle), 1), dtype=np.bool_)], axis=1
        )
        return np.asarray(has_cycle & ~followed)

    @property
    def qualified_at(self) -> Ints:
        """Entry of each cycle to MQL or, where that was jumped, to the next stage entered."""
        return np.asarray(self.entered_at[:, :, MQL:].min(axis=2))

    @property
    def sold_from(self) -> Ints:
        """First entry of each person to SQL or later: from then on an account executive owns it."""
        return np.asarray(self.entered_at[:, :, SQL:].min(axis=(1, 2)))


def draw_journeys(
    rng: np.random.Generator, persons: Persons, zones: TimeZones, calendars: list[BusinessCalendar]
) -> Journeys:
    """Walk all persons through the stages, cycle by cycle."""
    count = len(persons)
    entered = np.full((count, MAX_CYCLES, len(STAGES)), NEVER)
    exits = np.full((count, MAX_CYCLES), OPEN)
    exited = np.full((count, MAX_CYCLES), NEVER)
    regressed = np.full((count, MAX_CYCLES), NEVER)
    regressed_to = np.full((count, MAX_CYCLES), SAL)
    advance = model.advance_probabilities()
    entered[:, 0, LEAD] = persons.created_at
    for cycle in range(MAX_CYCLES):
        for stage, step in enumerate(STEPS):
            here = np.flatnonzero(entered[:, cycle, stage] < NEVER)
            since = entered[here, cycle, stage]
            pace = _PACE[persons.channel[here]]
            advances = rng.random(len(here)) < advance[stage, persons.cell[here]]

            targets = rng.choice(list(step.jumps), len(here), p=list(step.jumps.values()))
            days = rng.gamma(step.shape, step.mean_days / step.shape, len(here)) * pace
            days[rng.random(len(here)) < step.zero_share] = 0.0
            clock = LEAD_CLOCK if stage == LEAD else OFFICE_CLOCK
            zone = (persons.zone if stage == LEAD else persons.team_zone)[here]
            arrival = np.where(days > 0, clock.after(since, days, zones, zone), since)
            entered[here[advances], cycle, targets[advances]] = arrival[advances]

            side = rng.choice(_SIDES, len(here), p=step.exits)
            days = rng.exponential(step.exit_mean_days, len(here)) * pace
            leave = OFFICE_CLOCK.after(since, days, zones, persons.team_zone[here])
            leaves = ~advances & (side != OPEN)
            exits[here[leaves], cycle] = side[leaves]
            # never at the moment of the entry: which of the two came last would be open
            exited[here[leaves], cycle] = np.maximum(leave, since + 1)[leaves]

            if stage == SQL:
                falls = (
                    ~advances
                    & (leave > since + 1)
                    & (rng.random(len(here)) < model.REGRESSION_SHARE)
                )
                way = rng.random(len(here))
                back = OFFICE_CLOCK.between(since + 1, leave, way, zones, persons.team_zone[here])
                regressed[here[falls], cycle] = back[falls]
                was_sal = entered[here, cycle, SAL] < NEVER
                regressed_to[here[falls], cycle] = np.where(was_sal, SAL, MQL)[falls]
        if cycle + 1 < MAX_CYCLES:
            person, stages, moments = _reentries(
                rng, persons, zones, exits[:, cycle], exited[:, cycle]
            )
            entered[person, cycle + 1, stages] = moments
    is_mql = entered[:, :, MQL] < NEVER
    by_rule = (
        is_mql & persons.has_email[:, None] & (rng.random(is_mql.shape) < model.MQL_BY_RULE_SHARE)
    )
    in_crm = is_mql & (~by_rule | (rng.random(is_mql.shape) < model.MQL_BY_RULE_ALSO_IN_CRM))
    # a late-stage action of a recycled lead comes with the status that takes it up again
    in_crm[:, 1:] |= is_mql[:, 1:]
    return Journeys(
        entered_at=entered,
        exit=exits,
        exited_at=exited,
        regressed_at=regressed,
        regressed_to=regressed_to,
        is_mql_by_rule=by_rule,
        is_mql_in_crm=in_crm,
        contacted_at=_contacts(rng, persons, entered[:, :, MQL:].min(axis=2), calendars),
    )


def _reentries(
    rng: np.random.Generator, persons: Persons, zones: TimeZones, exits: Ints, exited: Ints
) -> tuple[Ints, Ints, Ints]:
    """Persons who come back after these exits, with stage and moment of the re-entry."""
    chances = np.zeros(OPEN + 1)
    chances[list(model.REENTRY)] = list(model.REENTRY.values())
    person = np.flatnonzero(rng.random(len(exits)) < chances[exits])
    shares = model.REENTRY_STAGES
    stage = rng.choice(list(shares), len(person), p=list(shares.values()))
    scale = model.REENTRY_MEAN_DAYS / model.REENTRY_SHAPE
    days = rng.gamma(model.REENTRY_SHAPE, scale, len(person))
    moment = LEAD_CLOCK.after(exited[person], days, zones, persons.zone[person])
    return person, stage, np.maximum(moment, exited[person] + 1)


def _contacts(
    rng: np.random.Generator,
    persons: Persons,
    qualified_at: Ints,
    calendars: list[BusinessCalendar],
) -> Ints:
    contacted = np.full(qualified_at.shape, NEVER)
    never: Floats = rng.random(qualified_at.shape)
    minutes: Floats = rng.exponential(1.0, qualified_at.shape)
    for number, team in enumerate(TEAMS):
        where = (
            (qualified_at < calendars[number].closes[-1])
            & (persons.team == number)[:, None]
            & (never >= team.never_contacted)
        )
        contacted[where] = calendars[number].after(
            qualified_at[where], minutes[where] * team.contact_mean_minutes
        )
    return contacted
