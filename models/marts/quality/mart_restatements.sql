-- A column per cause, grown from loops; `dbt compile -s mart_restatements` shows them written out.
{% set keys = ['metric', 'period_type', 'period_start_date', 'segment_type', 'segment_value'] %}
{% set causes = restatement_causes() %}
with

compared_release as (

    select * from {{ ref('int_release_compared') }}

),

values_before as (

    select
        *,
        metric_value as value_before
    from {{ ref('published_metric_values') }}
    where period_type != 'all'

),

values_now as (

    select
        metric_values.*,
        metric_values.metric_value as value_now
    from {{ ref('mart_metric_values') }} as metric_values
    semi join values_before on metric_values.metric = values_before.metric
    where metric_values.period_type != 'all'

),

compared as (

    select
        coalesce(values_now.metric, values_before.metric) as metric,
        coalesce(values_now.period_type, values_before.period_type) as period_type,
        coalesce(values_now.period_start_date, values_before.period_start_date) as period_start_date,
        coalesce(values_now.segment_type, values_before.segment_type) as segment_type,
        coalesce(values_now.segment_value, values_before.segment_value) as segment_value,
        values_before.value_before,
        values_now.value_now,
        coalesce(values_before.is_provisional, false) as was_provisional
    from values_before
    full outer join values_now on {{ same_keys('values_before', 'values_now', keys) }}

),

different as (

    select * from compared where value_before is distinct from value_now and not was_provisional

),

-- Only what had ended: a period that is still open moves by itself, and so does a metric that the release or this build
-- does not have. Two builds may add the same amounts in another order: nine digits count.
restated as (

    select
        different.*,
        compared_release.release_id,
        compared_release.changed_rules,
        compared_release.is_code_changed,
        compared_release.published_as_of,
        compared_release.published_at,
        compared_release.found_as_of
    from different
    inner join compared_release
        on
            case different.period_type
                when 'month' then {{ end_of_period('month', 'different.period_start_date') }}
                when 'quarter' then {{ end_of_period('quarter', 'different.period_start_date') }}
                else {{ end_of_period('year', 'different.period_start_date') }}
            end < compared_release.known_up_to_date
    semi join values_now on different.metric = values_now.metric
    where
        different.value_before is null
        or different.value_now is null
        or abs(different.value_now - different.value_before)
        > 0.000000001 * greatest(abs(different.value_now), abs(different.value_before))

),

evidence as (

    select * from {{ ref('mart_restatement_evidence') }}

),

explained as (

    select
        restated.*,
        {%- for cause in causes %}
        coalesce(evidence.{{ cause }}_records, 0) as {{ cause }}_records,
        {%- endfor %}
        greatest(
            {%- for cause in causes %}
            coalesce(evidence.{{ cause }}_records, 0){{ ',' if not loop.last }}
            {%- endfor %}
        ) as most_records
    from restated
    left join evidence on {{ same_keys('restated', 'evidence', keys) }}

),

-- a value that moved although none of its records did is calculated otherwise
found as (

    select
        *,
        case
            when most_records = 0 and is_code_changed then 'code_change'
            when most_records = 0 and changed_rules is not null then 'rule_change'
            when most_records = 0 then 'unexplained'
            {%- for cause in causes %}
            when {{ cause }}_records = most_records then '{{ cause }}'
            {%- endfor %}
        end as cause
    from explained

),

described as (

    select
        {{ surrogate_key([
            'release_id',
            'metric',
            'period_type',
            'cast(period_start_date as string)',
            'segment_type',
            'segment_value',
        ]) }} as restatement_key,
        release_id as published_release_id,
        metric,
        period_type,
        segment_type,
        segment_value,
        cause,
        case when rule_change_records > 0 or cause = 'rule_change' then changed_rules end as changed_rules,
        value_before,
        value_now,
        value_now - value_before as difference,
        {%- for cause in causes %}
        {{ cause }}_records,
        {%- endfor %}
        cause != 'maturity' as is_restatement,
        period_start_date,
        published_as_of as published_as_of_at,
        published_at,
        found_as_of as found_as_of_at
    from found

),

-- what earlier builds found stays, as they found it
known as (

    select history.*
    from {{ ref('published_restatements') }} as history
    anti join described on history.restatement_key = described.restatement_key

),

final as (

    select * from described
    union all
    select
        restatement_key,
        published_release_id,
        metric,
        period_type,
        segment_type,
        segment_value,
        cause,
        changed_rules,
        value_before,
        value_now,
        difference,
        {%- for cause in causes %}
        {{ cause }}_records,
        {%- endfor %}
        is_restatement,
        period_start_date,
        published_as_of_at,
        published_at,
        found_as_of_at
    from known

)

select * from final
