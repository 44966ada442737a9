"""Which raw columns are personal, by what they are mapped to, or else by their names and values."""

from collections.abc import Sequence

from orchestration.contract import ID_KINDS, Column
from orchestration.source_new.profile import Profile

NAMED = (
    {"name", "first"},
    {"name", "last"},
    {"phone"},
    {"address"},
    {"zip"},
    {"birth"},
    {"first"},
    {"last"},
    {"gender"},
    {"lead", "name"},
    {"customer", "name"},
)
"""Sets of concepts of a header that name something personal."""

SENTENCE = 40
"""Characters of a value, on average, that may say anything about anybody."""


def kind_of(profile: Profile, columns: Sequence[Column]) -> str | None:
    """The kind of personal data of a raw column, as `meta.pii` says it; None if it is not."""
    kinds = [column.pii for column in columns if column.pii]
    for kind in (*ID_KINDS, "email", "personal", "attribute", "free_text"):
        if kind in kinds:
            return kind
    if columns:
        return None
    if profile.email_share > 0.5:
        return "email"
    if any(named <= reading for reading in profile.readings for named in NAMED):
        return "personal"
    if profile.mean_length > SENTENCE and profile.moments is None:
        return "personal"
    return None
