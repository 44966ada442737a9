with

opportunities as (

    select * from {{ ref('int_opportunities') }}

),

versions as (

    select * from {{ ref('int_opportunity_versions') }} where is_current

),

changes as (

    select * from {{ ref('fct_expected_close_changes') }}

),

segments as (

    select * from {{ ref('dim_opportunity_segments') }}

),

fx_rates as (

    select * from {{ ref('int_fx_rates') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

expectations as (

    select
        opportunity_key,
        count(*) - 1 as times_moved,
        min_by(expected_close_date, change_number) as first_expected_close_date,
        max_by(expected_close_date, change_number) as expected_close_date
    from changes
    group by 1

),

valued as (

    select
        *,
        {{ surrogate_key(['source_system', 'owner_rep_id']) }} as owner_rep_key,
        {{ reporting_date('coalesce(closed_at, created_at)') }} as valued_on
    from opportunities

),

final as (

    select
        valued.opportunity_key,
        valued.person_key,
        valued.owner_rep_key,
        valued.source_system,
        {%- for segment in segments() if segment != 'source_system' %}
        segments.{{ segment }},
        {%- endfor %}
        valued.order_type,
        {{ to_reporting_currency('versions.amount', 'fx_rates.rate_to_reporting') }} as opportunity_amount,
        versions.probability,
        cast(
            round(
                {{ to_reporting_currency('versions.amount', 'fx_rates.rate_to_reporting') }}
                * cast(versions.probability as decimal(9, 6)),
                2
            ) as decimal(18, 2)
        ) as weighted_amount,
        cast(coalesce(expectations.times_moved, 0) as int) as times_moved,
        cast(
            {{ dbt.datediff('expectations.first_expected_close_date', 'expectations.expected_close_date', 'day') }}
            as int
        ) as days_slipped,
        coalesce(valued.disposition not in ('test', 'deleted', 'after_as_of'), true) as is_counted,
        valued.is_won is null as is_open,
        valued.is_won,
        valued.is_won is null and coalesce(expectations.expected_close_date < as_of.as_of_date, false) as is_overdue,
        coalesce(expectations.first_expected_close_date < as_of.as_of_date, false) as is_due,
        {{ reporting_date('valued.created_at') }} as created_date,
        {{ reporting_date('valued.closed_at') }} as closed_date,
        expectations.first_expected_close_date,
        expectations.expected_close_date
    from valued
    cross join as_of
    inner join versions on valued.opportunity_key = versions.opportunity_key
    left join expectations on valued.opportunity_key = expectations.opportunity_key
    inner join segments on valued.opportunity_key = segments.opportunity_key
    left join fx_rates
        on
            valued.currency = fx_rates.currency
            and {{ in_force('fx_rates', 'valued.valued_on') }}

)

select * from final
