with

entries as (

    select * from {{ ref('fct_stage_entries') }} where stage = 'mql' and not is_inferred

),

activities as (

    select * from {{ ref('int_scored_activities') }}

),

terms as (

    select * from {{ ref('int_scoring_terms') }}

),

fits as (

    select * from {{ ref('int_person_fits') }}

),

bands as (

    select * from {{ ref('int_score_bands') }} where dimension = 'score'

),

-- one row per entry and scored activity of the person up to it, grouped at once
earned as (

    select
        entries.entry_key,
        terms.rule_key,
        terms.dimension,
        terms.cap,
        sum(activities.points * power(2, activities.halvings - ({{ halvings_at('terms', 'entries.observed_at') }})))
            as balance
    from entries
    inner join activities
        on entries.person_key = activities.person_key and entries.observed_at >= activities.occurred_at
    inner join terms
        on
            activities.rule_key = terms.rule_key
            and entries.observed_at >= terms.holds_from
            and entries.observed_at < terms.holds_to
    group by 1, 2, 3, 4

),

-- `least` passes over a null: without a cap, the balance stands
summed as (

    select
        entry_key,
        cast(sum(case when dimension = 'negative' then 0 else least(balance, cap) end) as decimal(18, 6)) as engagement,
        cast(sum(case when dimension = 'negative' then least(balance, cap) else 0 end) as decimal(18, 6)) as negative
    from earned
    group by 1

),

scored as (

    select
        entries.*,
        coalesce(fits.fit, 0) as fit,
        coalesce(summed.engagement, 0) as engagement,
        coalesce(summed.negative, 0) as negative,
        coalesce(fits.fit, 0) + coalesce(summed.engagement, 0) - coalesce(summed.negative, 0) as score
    from entries
    left join summed on entries.entry_key = summed.entry_key
    left join fits
        on
            entries.person_key = fits.person_key
            and {{ in_force('fits', 'entries.observed_at') }}

),

final as (

    select
        scored.entry_key,
        scored.cycle_key,
        scored.person_key,
        scored.cycle_number,
        scored.source_system,
        {%- for segment in segments() if segment != 'source_system' %}
        scored.{{ segment }},
        {%- endfor %}
        bands.band as score_band,
        cast(scored.fit as decimal(18, 6)) as fit,
        cast(scored.engagement as decimal(18, 6)) as engagement,
        cast(scored.negative as decimal(18, 6)) as negative,
        cast(scored.score as decimal(18, 6)) as score,
        scored.entered_date,
        scored.observed_at as entered_at
    from scored
    inner join bands on scored.score >= bands.points_from and scored.score < bands.points_to

)

select * from final
