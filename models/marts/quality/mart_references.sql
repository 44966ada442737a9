{% for table_name in contract_tables() %}{% do ref('int_' ~ table_name ~ '_versioned') %}{% endfor %}
with

lost as (

    select * from {{ ref('int_lost_references') }}

),

named as (
    {% for reference in references() %}
    select
        '{{ reference.table }}' as contract_table,
        '{{ reference.column }}' as reference,
        '{{ reference.refers_to }}' as refers_to,
        source_system,
        count(*) as reference_rows
    from {{ ref('int_' ~ reference.table ~ '_versioned') }}
    where _outcome = 'staged' and {{ reference.column }} is not null
    group by source_system
    union all
    {%- endfor %}
    select
        'activities' as contract_table,
        'email' as reference,
        'lead_addresses' as refers_to,
        source_system,
        count(*) as reference_rows
    from {{ ref('int_activities_versioned') }}
    where _outcome = 'staged' and lead_id is null and email is not null
    group by source_system
),

landed as (
    {% for refers_to in ['leads', 'opportunities', 'accounts', 'campaigns', 'reps'] %}
    select distinct
        '{{ refers_to }}' as refers_to,
        source_system
    from {{ ref('int_' ~ refers_to ~ '_versioned') }}
    where _outcome = 'staged'
    union all
    {%- endfor %}
    select distinct
        'lead_addresses' as refers_to,
        source_system
    from {{ ref('int_leads_versioned') }}
    where _outcome = 'staged' and email is not null
),

counted as (

    select
        contract_table,
        reference,
        refers_to,
        source_system,
        sum(row_count) as unmatched_rows,
        {%- for cause in ['salesforce_id', 'spelling', 'source_system'] %}
        sum(case when likely_cause = '{{ cause }}' then row_count else 0 end) as {{ cause }}_rows,
        {%- endfor %}
        min(sample) as sample
    from lost
    group by contract_table, reference, refers_to, source_system

),

final as (

    select
        named.source_system,
        named.contract_table,
        named.reference,
        named.refers_to,
        case
            when 2 * counted.salesforce_id_rows > counted.unmatched_rows then 'salesforce_id'
            when 2 * counted.spelling_rows > counted.unmatched_rows then 'spelling'
            when 2 * counted.source_system_rows > counted.unmatched_rows then 'source_system'
        end as likely_cause,
        cast(named.reference_rows as bigint) as reference_rows,
        cast(named.reference_rows - coalesce(counted.unmatched_rows, 0) as bigint) as matched_rows,
        cast(coalesce(counted.unmatched_rows, 0) as bigint) as unmatched_rows,
        cast(coalesce(counted.unmatched_rows, 0) as double) / cast(named.reference_rows as double) as unmatched_share,
        counted.sample,
        landed.refers_to is not null as has_targets
    from named
    left join counted
        on
            named.contract_table = counted.contract_table
            and named.reference = counted.reference
            and named.source_system = counted.source_system
    left join landed
        on named.refers_to = landed.refers_to and named.source_system = landed.source_system

)

select * from final
