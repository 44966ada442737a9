with

activities as (

    select source_system, activity_type from {{ ref('int_activities_versioned') }} where _outcome = 'staged'

),

leads as (

    select source_system, country from {{ ref('int_leads_versioned') }} where _outcome = 'staged'

),

activity_types as (

    select * from {{ ref('activity_types') }}

),

words as (

    select
        activities.source_system,
        'activities' as contract_table,
        'activity_type' as column_name,
        activities.activity_type as word
    from activities
    anti join activity_types on activities.activity_type = {{ canonical_word('activity_types.activity_type') }}
    union all
    select
        source_system,
        'leads' as contract_table,
        'country' as column_name,
        country as word
    from leads
    where not {{ full_match('country', '[A-Z]{2}') }}

),

final as (

    select
        source_system,
        contract_table,
        column_name,
        word,
        count(*) as row_count
    from words
    group by 1, 2, 3, 4

)

select * from final
