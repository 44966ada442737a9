"""Activities that name their lead by an address alone: `source check` says which find none."""

import duckdb

from orchestration.contract import contract_tables
from orchestration.source_check.landed import Landed
from orchestration.source_check.references import lost_references

RECORDS = """
create schema intermediate;
create schema raw_files;

create table intermediate.int_leads_versioned as
select 'files' as source_system, * from (
    values ('1', 'Ana <ana@example.com>', 'staged'), ('2', 'gone@example.com', 'quarantined')
) as leads (lead_id, email, _outcome);

create table intermediate.int_activities_versioned as
select
    'files' as source_system, *, cast(null as string) as campaign_id,
    cast(null as string) as rep_id, 'f1' as _file_id, 'activities.csv' as _source_file
from (
    values
        (null, 'ANA@example.com', 'staged', 1),
        (null, 'gone@example.com', 'staged', 2),
        (null, 'not an address', 'staged', 3),
        (null, 'nobody@example.com', 'quarantined', 4),
        ('1', 'nobody@example.com', 'staged', 5)
) as activities (lead_id, email, _outcome, _source_row);

create table intermediate.int_lead_merges_versioned
as select '' as source_system, '' as loser_lead_id, '' as _outcome where false;

create table intermediate.int_opportunities_versioned as select 1 where false;
create table intermediate.int_campaigns_versioned as select 1 where false;
create table intermediate.int_reps_versioned as select 1 where false;

create table raw_files.landed_files (file_id string, table_name string);
"""


def test_addresses_that_are_no_leads() -> None:
    with duckdb.connect() as connection:
        connection.execute(RECORDS)
        found = lost_references(Landed(connection, "files"), contract_tables()["activities"])
    assert [(lost.column, lost.rows, lost.of_rows) for lost in found] == [("email", 1, 2)]
