with

leads as (

    select * from {{ ref('fct_leads_generated') }}

),

entries as (

    select * from {{ ref('fct_stage_entries') }} where is_first_observed and stage != 'lead'

),

traffic as (

    select * from {{ ref('fct_web_traffic') }}

),

persons as (

    select
        {%- for segment in segments() %}
        {{ segment }},
        {%- endfor %}
        'lead' as stage,
        created_date as arrival_date
    from leads
    union all
    select
        {%- for segment in segments() %}
        {{ segment }},
        {%- endfor %}
        stage,
        entered_date as arrival_date
    from entries

),

counted as (

    select
        stage,
        {{ segment_type() }} as segment_type,
        {{ segment_value() }} as segment_value,
        count(*) as arrivals,
        arrival_date
    from persons
    group by {{ segment_grouping_sets(['stage', 'arrival_date']) }}
    union all
    select
        'visitor' as stage,
        {{ segment_type(['channel']) }} as segment_type,
        {{ segment_value(['channel']) }} as segment_value,
        sum(visitors) as arrivals,
        traffic_date as arrival_date
    from traffic
    group by {{ segment_grouping_sets(['traffic_date'], ['channel']) }}

),

final as (

    select
        stage,
        segment_type,
        segment_value,
        cast(arrivals as bigint) as arrivals,
        arrival_date
    from counted

)

select * from final
