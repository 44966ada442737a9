-- Nobody leaves the lead cohort, whatever is dated before the creation: by day and segment, those who enter the stage
-- `lead` for the first time are the leads generated.
with entrants as (

    select
        {%- for segment in segments() %}
        {{ segment }},
        {%- endfor %}
        entered_date as date_day,
        count(*) as persons
    from {{ ref('fct_stage_entries') }}
    where stage = 'lead' and is_first_observed
    group by all

),

generated as (

    select
        {%- for segment in segments() %}
        {{ segment }},
        {%- endfor %}
        created_date as date_day,
        count(*) as persons
    from {{ ref('fct_leads_generated') }}
    group by all

)

(
    select * from entrants
    except
    select * from generated
)
union all
(
    select * from generated
    except
    select * from entrants
)
