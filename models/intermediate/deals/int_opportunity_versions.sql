with

versions as (

    select * from {{ ref('int_opportunities_versioned') }} where _outcome in ('staged', 'superseded')

),

opportunities as (

    select * from {{ ref('int_opportunities') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

numbered as (

    select
        opportunities.opportunity_key,
        versions.pipeline,
        versions.stage,
        versions.amount,
        case when versions.probability between 0 and 1 then versions.probability end as probability,
        -- the close of a deal without an outcome is what was expected
        coalesce(
            versions.expected_close_date,
            case
                when opportunities.is_won is null and versions.is_won is null
                    then {{ reporting_date('versions.closed_at') }}
            end
        ) as expected_close_date,
        versions.updated_at,
        row_number() over (
            partition by opportunities.opportunity_key
            order by
                versions.updated_at asc nulls first,
                versions._loaded_at asc,
                versions._source_file asc,
                versions._source_row asc,
                versions._source_part asc nulls first
        ) as version_number,
        count(case when versions.updated_at is null or versions.updated_at <= as_of.as_of then 1 end) over (
            partition by opportunities.opportunity_key
        ) as known_versions
    from versions
    cross join as_of
    inner join opportunities
        on
            versions.source_system = opportunities.source_system
            and versions.opportunity_id = opportunities.opportunity_id

),

-- what was written after as_of is not known yet; where no version is older, the first one speaks for the time before it
final as (

    select
        opportunity_key,
        cast(version_number as int) as version_number,
        pipeline,
        stage,
        amount,
        probability,
        expected_close_date,
        updated_at,
        version_number = greatest(known_versions, 1) as is_current
    from numbered
    where version_number <= greatest(known_versions, 1)

)

select * from final
