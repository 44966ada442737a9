"""The SQL of an erasure: keyed hashes, and what stands in the place of what named a person."""

from collections.abc import Mapping
from datetime import datetime

import duckdb
import pyarrow as pa

from orchestration.erasure.register import Kind, Tombstone
from orchestration.erasure.salesforce_ids import LONG, SHORT
from orchestration.sql import literal
from orchestration.words import normalised_email

PREFIX = "erased-"
"""How the id and the address of an erased person begin."""

_DOMAIN = "erased.invalid"
_SHORT = 20
"""Hexadecimal digits of a hash in a pseudonym: 80 bits, enough to be one of a kind."""
_BLOCK = 64  # of SHA-256, in bytes
_SEPARATOR = "chr(31)"


def equip(
    connection: duckdb.DuckDBPyConnection, key: bytes, tombstones: Mapping[Tombstone, datetime]
) -> None:
    """Give a connection the keyed hash and the tombstones, for as long as it is open.

    A tombstone comes with the moment of its request (UTC).
    """
    padded = key.ljust(_BLOCK, b"\0")
    inner, outer = (bytes(byte ^ mask for byte in padded).hex() for mask in (0x36, 0x5C))
    connection.execute(
        f"""
        create or replace temp macro keyed_hash(message) as sha256(
            unhex('{outer}') || unhex(sha256(unhex('{inner}') || encode(message)))
        )
        """
    )
    given = pa.table(
        {
            "kind": pa.array([stone.kind for stone in tombstones], pa.string()),
            "digest": pa.array([stone.digest for stone in tombstones], pa.string()),
            "erased_at": pa.array(tombstones.values(), pa.timestamp("us")),
        }
    )
    connection.register("given_tombstones", given)
    connection.execute("create or replace temp table tombstones as from given_tombstones")
    connection.unregister("given_tombstones")


def digest(kind: Kind, *expressions: str) -> str:
    """SQL of the keyed hash of expressions; null where one of them is."""
    message = f" || {_SEPARATOR} || ".join([literal(kind), *expressions])
    return f"keyed_hash({message})"


def is_tombstone(kind: Kind, *expressions: str) -> str:
    """SQL that is true where the expressions have a tombstone of this kind."""
    return (
        f"({digest(kind, *expressions)} in (select digest from tombstones where kind = '{kind}'))"
    )


def id_pseudonym(system: str, owner: str, value: str) -> str:
    """SQL of the id in the place of a person's; `owner` is the SQL of the kind of id.

    The two forms of an id of Salesforce, which both have a tombstone, become the same one.
    """
    short = f"left({value}, {SHORT})"
    one_form = (
        f"case when length({value}) = {LONG} and {is_tombstone('id', system, owner, short)} "
        f"then {short} else {value} end"
    )
    return f"{literal(PREFIX)} || left({digest('id', system, owner, one_form)}, {_SHORT})"


def email_pseudonym(expression: str) -> str:
    """SQL of the address in the place of a person's; null where the text is none.

    The domain stays where a tombstone says that others share it: a rule may ask for it.
    """
    email = normalised_email(expression)
    domain = f"split_part({email}, '@', 2)"
    kept = f"case when {is_tombstone('kept', literal('domain'), domain)} then {domain} end"
    return (
        f"{literal(PREFIX)} || left({digest('email', email)}, {_SHORT}) || '@' || "
        f"coalesce({kept}, {literal(_DOMAIN)})"
    )


def lead_key(system: str, lead_id: str) -> str:
    """SQL of the key that dbt's macro `surrogate_key` gives a lead."""
    return f"md5({system} || '|' || {lead_id})"
