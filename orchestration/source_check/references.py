"""References between the records of a source that find nothing."""

from collections.abc import Iterator

from orchestration.contract import RawTable
from orchestration.source_check.findings import LostReference
from orchestration.source_check.landed import PLACES, Landed, records
from orchestration.sql import identifier

REFERENCES = {
    "lead_id": "leads.lead_id",
    "loser_lead_id": "leads.lead_id",
    "survivor_lead_id": "leads.lead_id",
    "opportunity_id": "opportunities.opportunity_id",
    "campaign_id": "campaigns.campaign_id",
    "rep_id": "reps.rep_id",
    "owner_rep_id": "reps.rep_id",
    "changed_by_rep_id": "reps.rep_id",
}
"""Columns of the contract that name a record of another table, wherever they stand."""


def lost_references(landed: Landed, table: RawTable) -> tuple[LostReference, ...]:
    """References of the staged records of a contract table to records that are not staged.

    Only tables that have records are looked into: others may come from another source.
    """
    return tuple(_lost(landed, table))


def _lost(landed: Landed, table: RawTable) -> Iterator[LostReference]:
    for column in table.column_names:
        target, _, key = REFERENCES.get(column, "").partition(".")
        if target in ("", table.name) or not landed.has_records(target):
            continue
        name = identifier(column)
        [(named, rows, places)] = landed.rows(
            f"""
            with referring as (
                select *, not exists (
                    select 1 from {records(target)} as target
                    where target._outcome = 'staged'
                        and target.source_system = referring.source_system
                        and target.{identifier(key)} = referring.{name}
                ) as is_lost
                from {records(table.name)} as referring
                where _outcome = 'staged' and {name} is not null
            )
            select count(*), count(*) filter (is_lost), {PLACES} filter (is_lost)
            from referring
            """
        )
        if rows:
            yield LostReference(table.name, column, target, rows, named, landed.samples(places))
