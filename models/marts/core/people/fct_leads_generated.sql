with

persons as (

    select * from {{ ref('dim_persons') }}

),

cycles as (

    select * from {{ ref('fct_lead_cycles') }} where cycle_number = 1

),

activities as (

    select * from {{ ref('fct_activities') }} where person_key is not null and not is_automated

),

mechanisms as (

    select * from {{ ref('int_lead_mechanisms') }}

),

-- What is recorded on the day that the lead is created or before it can have brought the lead; what follows cannot.
-- Those are few of the activities: one scan finds them, and few are ranked.
early_activities as (

    select
        activities.person_key,
        case
            when activities.mechanism != 'call' then activities.mechanism
            when activities.is_human_outbound then 'cold_call'
            else 'call'
        end as mechanism,
        row_number() over (
            partition by activities.person_key order by activities.occurred_at, activities.activity_key
        ) as activity_rank
    from activities
    inner join persons on activities.person_key = persons.person_key
    where activities.occurred_date <= persons.created_date

),

final as (

    select
        persons.person_key,
        cycles.source_system,
        {%- for segment in segments() if segment != 'source_system' %}
        cycles.{{ segment }},
        {%- endfor %}
        coalesce(
            own.mechanism, common.mechanism, early_activities.mechanism, defaults.mechanism, 'unassigned'
        ) as mechanism,
        case
            when own.mechanism is not null or common.mechanism is not null then 'lead_source'
            when early_activities.mechanism is not null then 'first_activity'
            when defaults.mechanism is not null then 'source_system'
            else 'none'
        end as mechanism_evidence,
        persons.created_date,
        persons.created_at
    from persons
    inner join cycles on persons.person_key = cycles.person_key
    left join mechanisms as own
        on
            persons.source_system = own.source_system
            and {{ normalised_word('persons.lead_source') }} = own.lead_source
            and {{ in_force('own', 'persons.created_at') }}
    left join mechanisms as common
        on
            common.source_system is null
            and {{ normalised_word('persons.lead_source') }} = common.lead_source
            and {{ in_force('common', 'persons.created_at') }}
    left join mechanisms as defaults
        on
            persons.source_system = defaults.source_system
            and defaults.lead_source is null
            and {{ in_force('defaults', 'persons.created_at') }}
    left join early_activities
        on persons.person_key = early_activities.person_key and early_activities.activity_rank = 1

)

select * from final
