with

source as (
    {% for table, type in {
        'activity_send_email': 'email_sent',
        'activity_open_email': 'email_open',
        'activity_click_email': 'email_click',
        'activity_email_bounced': 'bounce',
        'activity_unsubscribe_email': 'unsubscribe'
    }.items() %}
    select
        id,
        lead_id,
        activity_date,
        '{{ type }}' as type,
        campaign_id,
        _file_id,
        _source_file,
        _source_row,
        _loaded_at,
        _load_error
    from {{ source('marketo', table) }}
    {% if table == 'activity_send_email' -%} where action_result is null or action_result <> 'skipped' {% endif -%}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

{{ conform({
    'activity_id': 'id',
    'lead_id': 'lead_id',
    'activity_type': 'type',
    'occurred_at': 'activity_date',
}) }}

select * from conformed
