{%- set targets = ['opportunities', 'accounts', 'campaigns', 'reps'] -%}
{#- keeps the dependencies while dbt parses, when the contract is not readable yet -#}
{%- for table_name in contract_tables() -%}
    {%- do ref('int_' ~ table_name ~ '_versioned') -%}
{%- endfor -%}
with

-- a lead that never landed is found where a merge says which lead it became
leads as (

    select
        source_system,
        lead_id as record_id
    from {{ ref('int_lead_persons') }}
    where disposition != 'not_landed'

),

-- by the rule of persons, over all source systems; the addresses themselves are not kept
addressed as (

    select * from {{ ref('int_addressed_activities') }}

),
{% for target in targets %}
{{ target }} as (

    select distinct
        source_system,
        {{ (contract(target) or {'key': ['id']}).key[0] }} as record_id
    from {{ ref('int_' ~ target ~ '_versioned') }}
    where _outcome in ('staged', 'deleted')

),
{% endfor %}
lost as (
    {% for reference in references() %}
    select
        '{{ reference.table }}' as contract_table,
        '{{ reference.column }}' as reference,
        '{{ reference.refers_to }}' as refers_to,
        referring.source_system,
        referring.{{ reference.column }} as reference_id,
        count(*) as row_count,
        min(referring._source_file || ' row ' || cast(referring._source_row as string)) as sample
    from {{ ref('int_' ~ reference.table ~ '_versioned') }} as referring
    anti join {{ reference.refers_to }} as targets
        on
            referring.source_system = targets.source_system
            and referring.{{ reference.column }} = targets.record_id
    where referring._outcome = 'staged' and referring.{{ reference.column }} is not null
    group by referring.source_system, referring.{{ reference.column }}
    union all
    {%- endfor %}
    select
        'activities' as contract_table,
        'email' as reference,
        'lead_addresses' as refers_to,
        referring.source_system,
        cast(null as string) as reference_id,
        count(*) as row_count,
        min(referring._source_file || ' row ' || cast(referring._source_row as string)) as sample
    from {{ ref('int_activities_versioned') }} as referring
    anti join addressed
        on referring.source_system = addressed.source_system and referring.activity_id = addressed.activity_id
    where referring._outcome = 'staged' and referring.lead_id is null and referring.email is not null
    group by referring.source_system
),

targets as (
    {% for target in ['leads'] + targets %}
    select
        '{{ target }}' as refers_to,
        source_system,
        record_id,
        {{ spelled_id('record_id') }} as spelled_id
    from {{ target }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

wanted as (

    select distinct
        refers_to,
        source_system,
        reference_id,
        {{ spelled_id('reference_id') }} as spelled_id
    from lost

),

-- one id of Salesforce has 15 characters, or 18 with a suffix for systems that do not tell capitals apart
salesforce as (

    select distinct
        wanted.refers_to,
        wanted.source_system,
        wanted.reference_id
    from wanted
    inner join targets
        on
            wanted.refers_to = targets.refers_to
            and wanted.source_system = targets.source_system
            and substr(wanted.reference_id, 1, 15) = substr(targets.record_id, 1, 15)
    where
        length(wanted.reference_id) in (15, 18)
        and length(wanted.reference_id) + length(targets.record_id) = 33

),

spelled as (

    select distinct
        wanted.refers_to,
        wanted.source_system,
        wanted.reference_id
    from wanted
    inner join targets
        on
            wanted.refers_to = targets.refers_to
            and wanted.source_system = targets.source_system
            and wanted.spelled_id = targets.spelled_id

),

elsewhere as (

    select distinct
        wanted.refers_to,
        wanted.source_system,
        wanted.reference_id
    from wanted
    inner join targets
        on wanted.refers_to = targets.refers_to and wanted.reference_id = targets.record_id

),

final as (

    select
        lost.source_system,
        lost.contract_table,
        lost.reference,
        lost.refers_to,
        lost.reference_id,
        case
            when salesforce.reference_id is not null then 'salesforce_id'
            when spelled.reference_id is not null then 'spelling'
            when elsewhere.reference_id is not null then 'source_system'
        end as likely_cause,
        lost.row_count,
        lost.sample
    from lost
    {%- for cause in ['salesforce', 'spelled', 'elsewhere'] %}
    left join {{ cause }}
        on
            lost.refers_to = {{ cause }}.refers_to
            and lost.source_system = {{ cause }}.source_system
            and lost.reference_id = {{ cause }}.reference_id
    {%- endfor %}

)

select * from final
