"""Errors of an erasure. No message holds personal data, because it may reach a log."""

from orchestration.errors import FunnelError


class ErasureError(FunnelError):
    """An erasure could not be carried out, or its register cannot be used."""


class UnknownPersonError(ErasureError):
    """Nobody in the warehouse is the one who was named."""


class NotForgottenError(ErasureError):
    """A search after the erasure still found the person."""


REMEDY = (
    "Correct the rows at their source, or declare the column (`meta.pii` in models/staging), land "
    "the file again, and run `funnel restore --accept-loss --keep 1`: raw rows are only added, and "
    "older releases keep what they have. `funnel erase --verify` searches again."
)
"""Advice where a search has found something."""
