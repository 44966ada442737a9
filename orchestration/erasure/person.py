"""A person: the leads, addresses and other ids that are one person's."""

from dataclasses import dataclass, field

import duckdb

from orchestration.erasure.pseudonyms import lead_key
from orchestration.erasure.register import Kind, Tombstone, keyed_digest
from orchestration.erasure.salesforce_ids import forms
from orchestration.sql import literal

_SHORTEST_MENTION = 4


@dataclass(frozen=True)
class Person:
    """Identifiers of a person in the raw tables. This is personal data: never write it anywhere.

    `ids` are (source system, kind of id, id); `names` are texts that only this person's rows have.
    """

    ids: frozenset[tuple[str, str, str]]
    emails: frozenset[str]
    names: frozenset[str]
    domains: frozenset[str] = frozenset()
    kept_texts: frozenset[tuple[str, str]] = frozenset()
    removed_texts: frozenset[str] = frozenset()
    rows: dict[str, int] = field(default_factory=dict)
    files: tuple[str, ...] = ()

    @property
    def leads(self) -> list[tuple[str, str]]:
        """Source system and id of each lead."""
        return sorted((system, value) for system, kind, value in self.ids if kind == "lead_id")

    def tombstones(self, key: bytes) -> set[Tombstone]:
        """Tombstones of the person, which the register keeps."""
        ids = {(system, kind, form) for system, kind, value in self.ids for form in forms(value)}
        mentions = {*self.names, *self.emails, *(value for _, _, value in ids)}
        texts: list[tuple[Kind, tuple[str, ...]]] = [
            *(("id", parts) for parts in ids),
            *(("email", (email,)) for email in self.emails),
            *(("mention", (text.lower(),)) for text in mentions if len(text) >= _SHORTEST_MENTION),
            *(("kept", ("domain", domain)) for domain in self.domains),
            *(("kept", parts) for parts in self.kept_texts),
            *(("removed", (text,)) for text in self.removed_texts),
        ]
        return {
            Tombstone(kind=kind, digest=keyed_digest(key, kind, *parts)) for kind, parts in texts
        }

    def search_terms(self, connection: duckdb.DuckDBPyConnection) -> set[str]:
        """Texts that nothing in the warehouse may hold any more, the keys of the leads included.

        An id of digits alone is none: anything may have the number.
        """
        keys = {
            row[0]
            for system, lead in self.leads
            for form in forms(lead)
            for row in connection.execute(
                f"select {lead_key(literal(system), literal(form))}"
            ).fetchall()
        }
        ids = (form for _, _, value in self.ids if not value.isdecimal() for form in forms(value))
        return {*keys, *self.emails, *self.names, *ids}
