with

source as (

    select
        *,
        unnest(string_split(trim(merge_ids, '[]'), ',')) as merged_id
    from {{ source('marketo', 'activity_merge_leads') }}

),

{{ conform({
    'event_id': "id || '-' || trim(merged_id)",
    'loser_lead_id': 'merged_id',
    'survivor_lead_id': 'lead_id',
    'merged_at': 'activity_date',
}, part='trim(merged_id)') }}

select * from conformed
