"""Scores and MQL rule events by the definition, one activity at a time, without regard to cost."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

FOREVER = datetime(9999, 12, 31)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Version:
    """What holds in [valid_from, valid_to)."""

    valid_from: datetime
    valid_to: datetime | None

    def is_in_force(self, at: datetime) -> bool:
        return self.valid_from <= at < (self.valid_to or FOREVER)


@dataclass(frozen=True)
class ScoringRule(Version):
    rule_key: str
    dimension: str
    subject: str
    points: float
    operator: str | None = None
    value: str | None = None
    cap: float | None = None
    half_life_days: float | None = None


@dataclass(frozen=True)
class MqlRule(Version):
    rule_key: str
    trigger: str
    score_threshold: float | None = None
    fit_threshold: float | None = None


@dataclass(frozen=True)
class PersonVersion(Version):
    person_key: str
    country: str | None
    employee_count: int | None
    email_domain: str | None
    industry: str | None = None


@dataclass(frozen=True)
class Activity:
    person_key: str
    activity_id: str
    activity_type: str
    is_late_stage: bool
    occurred_at: datetime


@dataclass(frozen=True)
class ScoreEvent:
    activity: Activity
    rule_key: str
    fit: float
    engagement: float
    negative: float
    before: float
    """Score right before the activity."""

    @property
    def score(self) -> float:
        return self.fit + self.engagement - self.negative


@dataclass(frozen=True)
class Rulebook:
    scoring: Sequence[ScoringRule]
    mql: Sequence[MqlRule]

    def fit(self, known: PersonVersion, at: datetime) -> float:
        return sum(
            rule.points
            for rule in self.scoring
            if rule.dimension == "fit"
            and rule.is_in_force(at)
            and matches(rule, getattr(known, rule.subject))
        )

    def rule_for(self, activity: Activity) -> ScoringRule | None:
        found = [
            rule
            for rule in self.scoring
            if rule.dimension != "fit"
            and rule.subject == activity.activity_type
            and rule.is_in_force(activity.occurred_at)
        ]
        assert len(found) <= 1
        return found[0] if found else None

    def points(self, dimension: str, earned: Sequence[ScoringRule], at: datetime) -> float:
        """What is left at a moment of the points of a dimension.

        `earned` has the rule of each activity so far, as in force then, with its moment as
        `valid_from`.
        """
        of_rule = defaultdict(list)
        for rule in earned:
            if rule.dimension == dimension:
                of_rule[rule.rule_key].append(rule)
        return sum(self._standing(key, rules, at) for key, rules in of_rule.items())

    def _standing(self, rule_key: str, earned: Sequence[ScoringRule], at: datetime) -> float:
        versions = sorted(
            (rule for rule in self.scoring if rule.rule_key == rule_key),
            key=lambda rule: rule.valid_from,
        )
        left = sum(rule.points * 2 ** -halvings(versions, rule.valid_from, at) for rule in earned)
        cap = [rule.cap for rule in versions if rule.valid_from <= at][-1]
        return left if cap is None else min(left, cap)


def halvings(versions: Sequence[ScoringRule], since: datetime, until: datetime) -> float:
    """How often the points of a rule halve between two moments, through its versions."""
    total = 0.0
    for number, version in enumerate(versions):
        is_last = number == len(versions) - 1
        end = FOREVER if is_last else versions[number + 1].valid_from
        days = (min(end, until) - max(version.valid_from, since)) / DAY
        if version.half_life_days and days > 0:
            total += days / version.half_life_days
    return total


def matches(rule: ScoringRule, attribute: str | int | None) -> bool:
    if attribute is None:
        return False
    words = (rule.value or "").lower().split(";")
    word = str(attribute).lower()
    match rule.operator:
        case "equals" | "in":
            return word in words
        case "not_in":
            return word not in words
        case "between":
            return float(words[0]) <= float(word) <= float(words[1])
        case "greater_than":
            return float(word) > float(words[0])
        case "less_than":
            return float(word) < float(words[0])
    raise ValueError(rule.operator)


def score_events(
    rules: Rulebook, versions: Sequence[PersonVersion], activities: Sequence[Activity]
) -> Iterator[ScoreEvent]:
    """The score events of one person, in order."""
    earned: list[ScoringRule] = []
    for activity in sorted(activities, key=lambda it: (it.occurred_at, it.activity_id)):
        at = activity.occurred_at
        rule = rules.rule_for(activity)
        if rule is None:
            continue
        fit = rules.fit(next(it for it in versions if it.is_in_force(at)), at)
        before = fit + rules.points("engagement", earned, at) - rules.points("negative", earned, at)
        earned.append(ScoringRule(**{**vars(rule), "valid_from": at}))
        yield ScoreEvent(
            activity,
            rule.rule_key,
            fit,
            rules.points("engagement", earned, at),
            rules.points("negative", earned, at),
            before,
        )


def mql_events(
    rules: Rulebook,
    versions: Sequence[PersonVersion],
    activities: Sequence[Activity],
    events: Sequence[ScoreEvent],
) -> Iterator[tuple[str, str]]:
    """The MQL rule events of one person: activity and rule."""
    with_address = [it.valid_from for it in versions if it.email_domain is not None]
    if not with_address:
        return
    known_from = min(with_address)
    for activity in activities:
        for rule in rules.mql:
            if (
                rule.trigger == "late_stage_action"
                and activity.is_late_stage
                and activity.occurred_at >= known_from
                and rule.is_in_force(activity.occurred_at)
            ):
                yield activity.activity_id, rule.rule_key
    for rule_key in {rule.rule_key for rule in rules.mql if rule.trigger == "score"}:
        was_up = False
        for event in events:
            at = event.activity.occurred_at
            in_force = [it for it in rules.mql if it.rule_key == rule_key and it.is_in_force(at)]
            is_up = stayed_up = False
            for rule in in_force:
                threshold = rule.score_threshold or 0
                is_fit = rule.fit_threshold is None or event.fit >= rule.fit_threshold
                is_up = at >= known_from and is_fit and round(event.score, 6) >= threshold
                stayed_up = was_up and round(event.before, 6) >= threshold
            if is_up and not stayed_up:
                yield event.activity.activity_id, rule_key
            was_up = is_up
