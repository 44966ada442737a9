with

rules as (

    select * from {{ ref('mql_rules') }} where trigger = 'score'

),

as_of as (

    select max(scored_at) as as_of from {{ ref('fct_person_scores') }}

),

rules_in_force as (

    select distinct cast(rules.score_threshold as decimal(18, 6)) as threshold
    from rules
    inner join as_of
        on {{ in_force('rules', 'as_of.as_of') }}

),

thresholds as (

    {%- for threshold in score_thresholds() %}
    select cast({{ threshold }} as decimal(18, 6)) as threshold
    union
    {%- endfor %}
    select threshold from rules_in_force

),

final as (

    select
        thresholds.threshold,
        lead(thresholds.threshold) over (order by thresholds.threshold) as next_threshold,
        rules_in_force.threshold is not null as is_in_force
    from thresholds
    left join rules_in_force on thresholds.threshold = rules_in_force.threshold

)

select * from final
