{{ config(enabled=source_is_on('olist')) }}

with

source as (

    select * from {{ source('olist', 'closed_deals') }}

),

{{ conform('opportunities', source_name='olist', columns={
    'opportunity_id': 'seller_id',
    'lead_id': 'mql_id',
    'created_at': 'won_date',
    'stage': "'won'",
    'closed_at': 'won_date',
    'is_won': "'true'",
    'owner_rep_id': 'sr_id',
    'order_type': "'new'",
}) }}

select * from conformed
