with

versions as (

    select * from {{ ref('int_leads_versioned') }} where _outcome in ('staged', 'superseded')

),

lead_persons as (

    select * from {{ ref('int_lead_persons') }} where person_key is not null

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

-- a version without a date of its own is the lead as it was created; of two with one date, the staged one or the
-- later loaded one stands
dated as (

    select
        lead_persons.person_key,
        lead_persons.lead_key,
        lead_persons.created_at as lead_created_at,
        versions.*,
        greatest(coalesce(versions.updated_at, versions.created_at), versions.created_at) as valid_at
    from versions
    inner join lead_persons
        on versions.source_system = lead_persons.source_system and versions.lead_id = lead_persons.lead_id

),

ranked as (

    select
        dated.*,
        row_number() over (
            partition by dated.lead_key, dated.valid_at
            order by
                case when dated._outcome = 'staged' then 0 else 1 end,
                dated._loaded_at desc,
                dated._source_file desc,
                dated._source_row desc,
                dated._source_part desc nulls last
        ) as version_rank
    from dated

),

numbered as (

    select
        *,
        row_number() over (partition by lead_key order by valid_at) as version_of_lead,
        min(lead_key) over (partition by person_key) != max(lead_key) over (partition by person_key) as has_other_leads
    from ranked
    where version_rank = 1

),

-- A lead's first version speaks from the lead's creation on. An export may keep the present version alone: written
-- late, it would leave the person's beginning to a later lead, or to nobody where as_of lies before it.
spoken as (

    select
        *,
        case when version_of_lead = 1 then least(valid_at, lead_created_at) else valid_at end as speaks_at
    from numbered
    union all
    select
        *,
        valid_at as speaks_at
    from numbered
    where version_of_lead = 1 and valid_at > lead_created_at and has_other_leads

),

-- a person speaks through the record that was written last, whichever of the merged leads it belongs to
timeline as (

    select
        spoken.*,
        row_number() over (
            partition by spoken.person_key order by spoken.speaks_at, spoken.lead_created_at, spoken.lead_key
        ) as version_number,
        lead(spoken.speaks_at) over (
            partition by spoken.person_key order by spoken.speaks_at, spoken.lead_created_at, spoken.lead_key
        ) as next_speaks_at
    from spoken
    cross join as_of
    where spoken.speaks_at <= as_of.as_of

),

final as (

    select
        person_key,
        lead_key,
        source_system,
        campaign_id,
        owner_rep_id,
        channel,
        lead_source,
        origin_owner,
        country,
        region,
        timezone,
        industry,
        income_band,
        interest,
        main_challenge,
        split_part({{ normalised_email('email') }}, '@', 2) as email_domain,
        employee_count,
        company_revenue,
        cast(version_number as int) as version_number,
        case when version_number = 1 then timestamp '1900-01-01 00:00:00' else speaks_at end as valid_from,
        coalesce(next_speaks_at, timestamp '9999-12-31 00:00:00') as valid_to
    from timeline

)

select * from final
