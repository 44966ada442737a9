{{ config(enabled=source_is_on('olist')) }}

with

source as (

    select * from {{ source('olist', 'marketing_qualified_leads') }}

),

{{ conform('leads', source_name='olist', columns={
    'lead_id': 'mql_id',
    'created_at': 'first_contact_date',
    'country': "'BR'",
    'lead_source': 'landing_page_id',
    'channel': 'origin',
    'origin_owner': "'marketing'",
}) }}

select * from conformed
