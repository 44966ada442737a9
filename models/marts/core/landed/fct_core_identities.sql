with

-- a file may feed a second table of the contract with some of its rows; in one of them, each row is accounted for
landed_files as (

    select
        file_id,
        min(source_name || '.' || raw_table) as raw_table,
        min(landed_rows) as landed,
        max(staged_rows + superseded_rows + quarantined_rows) as accounted
    from {{ ref('fct_landed_files') }}
    where error is null
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
        sum(landed) as left_value,
        sum(accounted) as right_value
    from landed_files
    group by 2
    union all
    select
        'staged_leads' as identity,
        'leads' as subject,
        (select files.staged from staged_leads as files) as left_value,
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
