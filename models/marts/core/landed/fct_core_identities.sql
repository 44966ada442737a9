with

files as (

    select
        source_name || '.' || raw_table as raw_table,
        sum(landed_rows) as landed,
        sum(used_rows + left_out_rows + unreadable_rows) as accounted
    from {{ ref('int_file_coverage') }}
    where not is_lookup
    group by 1

),

staged_leads as (

    select coalesce(sum(staged_rows), 0) as staged
    from {{ ref('fct_landed_files') }}
    where contract_table = 'leads'

),

leads as (

    select
        disposition,
        count(*) as lead_count
    from {{ ref('dim_leads') }}
    group by 1

),

persons as (

    select
        (select count(*) from {{ ref('dim_persons') }}) as person_count,
        (select count(distinct stints.person_key) from {{ ref('fct_stage_stints') }} as stints) as with_stints,
        (select count(*) from {{ ref('fct_lead_cycles') }} as cycles where cycles.cycle_number = 1) as first_cycles

),

lead_entries as (

    select count(*) as entry_count
    from {{ ref('fct_stage_entries') }}
    where stage = 'lead' and is_first_observed

),

attributions as (

    select
        attribution_model,
        sum(weight) as weight,
        count(distinct conversion_key) as conversions
    from {{ ref('fct_attributions') }}
    group by 1

),

identities as (

    select
        'landed_rows' as identity,
        raw_table as subject,
        landed as left_value,
        accounted as right_value
    from files
    union all
    select
        'staged_leads' as identity,
        'leads' as subject,
        (select all_leads.staged from staged_leads as all_leads) as left_value,
        sum(lead_count) as right_value
    from leads
    union all
    select
        'one_lead_survives_per_person' as identity,
        'leads' as subject,
        sum(case when disposition = 'survivor' then lead_count else 0 end) as left_value,
        (select all_persons.person_count from persons as all_persons) as right_value
    from leads
    union all
    select
        'persons_have_stints' as identity,
        'persons' as subject,
        person_count as left_value,
        with_stints as right_value
    from persons
    union all
    select
        'persons_have_a_first_cycle' as identity,
        'persons' as subject,
        person_count as left_value,
        first_cycles as right_value
    from persons
    union all
    select
        'lead_entrants_are_leads_generated' as identity,
        'persons' as subject,
        entry_count as left_value,
        (select count(generated.person_key) from {{ ref('fct_leads_generated') }} as generated) as right_value
    from lead_entries
    union all
    select
        'attribution_weights' as identity,
        attribution_model as subject,
        conversions as left_value,
        weight as right_value
    from attributions

),

final as (

    select
        identity,
        subject,
        cast(left_value as double) as left_value,
        cast(right_value as double) as right_value
    from identities

)

select * from final
