"""References between the records of a source that find nothing."""

from collections.abc import Iterator

from orchestration.contract import RawTable, contract_tables
from orchestration.source_check.findings import LostReference
from orchestration.source_check.landed import PLACES, Landed, records
from orchestration.sql import identifier
from orchestration.words import normalised_email


def lost_references(landed: Landed, table: RawTable) -> tuple[LostReference, ...]:
    """References of the staged records of a contract table to records that were not landed.

    Only tables that have records are looked into: others may come from another source. A lead that
    a merge names as its loser is found through the lead that it became, and an activity without a
    lead's id through its address, as in `mart_references`.
    """
    return tuple(_lost(landed, table))


def _lost(landed: Landed, table: RawTable) -> Iterator[LostReference]:
    for column, target in table.references:
        if landed.has_records(target):
            named_id = identifier(column)
            yield from _unfound(landed, (table.name, column, target), named_id)
    if table.name == "activities" and landed.has_records("leads"):
        named_id = f"case when lead_id is null then {normalised_email('email')} end"
        yield from _unfound(landed, (table.name, "email", "leads"), named_id)


def _unfound(
    landed: Landed, reference: tuple[str, str, str], named_id: str
) -> Iterator[LostReference]:
    """The reference (table, column, target), where some of the `named_id` (SQL) find nothing."""
    table, column, target = reference
    targets = _addresses() if column == "email" else _targets(landed, target)
    [(of_rows, rows, places)] = landed.rows(
        f"""
        with targets as ({targets}),

        named as (
            select *, {named_id} as named_id from {records(table)} where _outcome = 'staged'
        ),

        referring as (
            select *, not exists (
                select 1 from targets
                where targets.source_system = named.source_system
                    and targets.record_id = named.named_id
            ) as is_lost
            from named
            where named_id is not null
        )
        select count(*), count(*) filter (is_lost), {PLACES} filter (is_lost)
        from referring
        """
    )
    if rows:
        yield LostReference(table, column, target, rows, of_rows, landed.samples(places))


def _addresses() -> str:
    return f"""
        select source_system, {normalised_email("email")} as record_id
        from {records("leads")} where _outcome = 'staged'
    """


def _targets(landed: Landed, target: str) -> str:
    key = identifier(contract_tables()[target].key[0])
    found = f"""
        select source_system, {key} as record_id from {records(target)}
        where _outcome in ('staged', 'deleted')
    """
    if target == "leads" and landed.fills("lead_merges"):
        found += f"""
        union all
        select source_system, loser_lead_id from {records("lead_merges")} where _outcome = 'staged'
        """
    return found
