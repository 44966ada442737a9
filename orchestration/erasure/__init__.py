"""Erasure: a person's data leave the warehouse, and what is counted stays."""

from orchestration.erasure.errors import ErasureError, NotForgottenError, UnknownPersonError
from orchestration.erasure.execution import carry_out, is_waiting, note_published
from orchestration.erasure.intake import keep_out
from orchestration.erasure.lookup import find_person
from orchestration.erasure.person import Person
from orchestration.erasure.proof import Finding, search
from orchestration.erasure.pseudonyms import PREFIX
from orchestration.erasure.register import Register
from orchestration.erasure.requests import request
from orchestration.erasure.verification import search_by_tombstones

__all__ = [
    "PREFIX",
    "ErasureError",
    "Finding",
    "NotForgottenError",
    "Person",
    "Register",
    "UnknownPersonError",
    "carry_out",
    "find_person",
    "is_waiting",
    "keep_out",
    "note_published",
    "request",
    "search",
    "search_by_tombstones",
]
