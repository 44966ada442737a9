with

clocks as (

    select * from {{ ref('fct_sla_clocks') }} where start_stage = 'mql' and contact_rep_key is not null

),

transitions as (

    select * from {{ ref('fct_stage_transitions') }} where from_stage = 'mql'

),

-- an MQL is worked by the rep who made the first contact in its cycle; each cycle once, whatever the policies
worked as (

    select
        cycle_key,
        min(contact_rep_key) as rep_key,
        cast(date_trunc('month', min(started_date)) as date) as month_start_date
    from clocks
    group by cycle_key

),

conversions as (

    select
        {%- for stage in ['sal', 'sql', 'opportunity'] %}
        bool_or(to_stage = '{{ stage }}' and is_mature) as is_{{ stage }}_mature,
        bool_or(to_stage = '{{ stage }}' and is_mature and coalesce(converted_at < matures_at, false))
            as is_{{ stage }},
        {%- endfor %}
        cycle_key
    from transitions
    group by cycle_key

),

final as (

    select
        worked.rep_key,
        count(*) as mqls_worked,
        {%- for stage in ['sal', 'sql', 'opportunity'] %}
        count(*) filter (where conversions.is_{{ stage }}_mature) as {{ stage }}_mature_mqls,
        count(*) filter (where conversions.is_{{ stage }}) as {{ stage }}_mqls,
        {%- endfor %}
        worked.month_start_date
    from worked
    left join conversions on worked.cycle_key = conversions.cycle_key
    group by worked.rep_key, worked.month_start_date

)

select * from final
