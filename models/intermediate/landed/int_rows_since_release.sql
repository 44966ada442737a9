{% set tables = {
    'leads': ('greatest(coalesce(updated_at, created_at), created_at)', ['lead_id'], true),
    'lead_status_changes': ('changed_at', ['event_id'], true),
    'activities': ('occurred_at', ['activity_id'], true),
    'bant_assessments': ('assessed_at', ['assessment_id'], true),
    'opportunities': ('coalesce(updated_at, closed_at, created_at)', ['opportunity_id'], true),
    'orders': ('ordered_at', ['order_id'], true),
    'subscriptions': ('coalesce(ended_at, started_at)', ['subscription_id'], true),
    'reps': ('valid_from', ['rep_id'], false),
    'campaigns': ('start_date', ['campaign_id'], false),
    'costs': ('cost_date', ['cost_id'], false),
    'web_traffic': (
        'traffic_date',
        ["cast(traffic_date as string)", 'channel', "coalesce(campaign_id, '')", "coalesce(landing_page, '')"],
        false,
    ),
} %}

with

-- without a release to compare with nothing is new
new_files as (

    select landed.file_id
    from {{ ref('int_landed_files') }} as landed
    inner join {{ ref('published_releases') }} as releases on true
    anti join {{ ref('published_files') }} as known on landed.file_id = known.file_id

),

found as (
    {% for table_name, (spoken_at, record_columns, has_lead) in tables.items() %}
    {{ rows_since_release(table_name, spoken_at, ['source_system'] + record_columns, has_lead) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- a record may have several new versions; it speaks of the time before the release if any of them does
final as (

    select
        found.contract_table,
        found.record_key,
        found.lead_key,
        min(found.spoken_at) as spoken_at,
        bool_or(coalesce(found.spoken_at <= releases.as_of, true)) as is_late
    from found
    cross join {{ ref('published_releases') }} as releases
    group by 1, 2, 3

)

select * from final
