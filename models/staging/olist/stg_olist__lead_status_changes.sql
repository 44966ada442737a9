{{ config(enabled=source_is_on('olist')) }}

with

source as (

    select * from {{ source('olist', 'marketing_qualified_leads') }}

),

{{ conform('lead_status_changes', source_name='olist', columns={
    'event_id': "'mql-' || mql_id",
    'lead_id': 'mql_id',
    'changed_at': 'first_contact_date',
    'to_status': "'mql'",
}) }}

select * from conformed
