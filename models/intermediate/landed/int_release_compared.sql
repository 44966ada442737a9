with

releases as (

    select * from {{ ref('published_releases') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

final as (

    select
        releases.release_id,
        releases.changed_rules,
        releases.is_code_changed,
        as_of.as_of != releases.as_of as is_as_of_moved,
        least(as_of.as_of_date, {{ reporting_date('releases.as_of') }}) as known_up_to_date,
        releases.as_of as published_as_of,
        releases.created_at as published_at,
        as_of.as_of as found_as_of
    from releases
    cross join as_of

)

select * from final
