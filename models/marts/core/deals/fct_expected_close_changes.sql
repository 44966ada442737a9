with

versions as (

    select * from {{ ref('int_opportunity_versions') }} where expected_close_date is not null

),

compared as (

    select
        *,
        lag(expected_close_date) over (partition by opportunity_key order by version_number)
            as previous_expected_close_date
    from versions

),

-- a version that names no day, or the same one, says nothing new
final as (

    select
        {{ surrogate_key(['opportunity_key', 'cast(version_number as string)']) }} as expected_close_change_key,
        opportunity_key,
        cast(row_number() over (partition by opportunity_key order by version_number) as int) as change_number,
        cast({{ dbt.datediff('previous_expected_close_date', 'expected_close_date', 'day') }} as int) as days_moved,
        previous_expected_close_date is null as is_first,
        previous_expected_close_date,
        expected_close_date,
        updated_at as changed_at
    from compared
    where previous_expected_close_date is null or previous_expected_close_date != expected_close_date

)

select * from final
