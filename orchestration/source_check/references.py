"""References between the records of a source that find nothing."""

from collections.abc import Iterator

from orchestration.contract import RawTable, contract_tables
from orchestration.source_check.findings import LostReference
from orchestration.source_check.landed import PLACES, Landed, records
from orchestration.sql import identifier


def lost_references(landed: Landed, table: RawTable) -> tuple[LostReference, ...]:
    """References of the staged records of a contract table to records that were not landed.

    Only tables that have records are looked into: others may come from another source. A lead that
    a merge names as its loser is found through the lead that it became, as in `mart_references`.
    """
    return tuple(_lost(landed, table))


def _lost(landed: Landed, table: RawTable) -> Iterator[LostReference]:
    for column, target in table.references:
        if not landed.has_records(target):
            continue
        name = identifier(column)
        [(named, rows, places)] = landed.rows(
            f"""
            with targets as ({_targets(landed, target)}),

            referring as (
                select *, not exists (
                    select 1 from targets
                    where targets.source_system = referring.source_system
                        and targets.record_id = referring.{name}
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
