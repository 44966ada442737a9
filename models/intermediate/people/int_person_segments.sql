with

periods as (

    select * from {{ ref('int_person_periods') }}

),

personas as (

    select * from {{ ref('int_person_personas') }}

),

fits as (

    select * from {{ ref('int_person_fits') }}

),

fit_bands as (

    select * from {{ ref('int_score_bands') }} where dimension = 'fit'

),

final as (

    select
        periods.person_key,
        periods.source_system,
        {%- for segment in ['channel', 'campaign_id', 'country', 'origin_owner', 'lead_source'] %}
        coalesce(periods.{{ segment }}, 'unassigned') as {{ segment }},
        {%- endfor %}
        coalesce(personas.persona, 'unassigned') as persona,
        coalesce(fit_bands.band, 'unassigned') as fit_band,
        periods.owner_rep_id,
        periods.valid_from,
        periods.valid_to
    from periods
    left join personas
        on periods.person_key = personas.person_key and periods.valid_from = personas.valid_from
    left join fits
        on periods.person_key = fits.person_key and periods.valid_from = fits.valid_from
    left join fit_bands
        on coalesce(fits.fit, 0) >= fit_bands.points_from and coalesce(fits.fit, 0) < fit_bands.points_to

)

select * from final
