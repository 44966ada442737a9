{{ config(enabled=source_is_on('realestate')) }}

with

source as (

    select * from {{ source('realestate', 'insights') }}

),

{{ conform('costs', source_name='realestate', columns={
    'cost_id': row_id(['ad_set_id', 'campaign_id', 'created_at']),
    'cost_date': 'created_at',
    'cost_type': "'media'",
    'channel': "'paid_social'",
    'campaign_id': 'campaign_id',
    'amount': 'spend',
    'currency': "'EGP'",
}) }}

select * from conformed
