with

counts as (

    select * from {{ ref('int_stage_counts_versioned') }} where _outcome = 'staged'

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

fx_rates as (

    select * from {{ ref('int_fx_rates') }}

),

rare_channels as (

    select * from {{ ref('int_rare_segment_values') }} where segment_type = 'channel'

),

final as (

    select
        {{ surrogate_key([
            'counts.source_system',
            'cast(counts.count_date as string)',
            'counts.stage',
            "coalesce(counts.channel, '')",
            "coalesce(counts.campaign_id, '')",
            "coalesce(counts.segment, '')",
            "coalesce(counts.entry_id, '')",
        ]) }} as stage_count_key,
        {{ surrogate_key(['counts.source_system', 'counts.campaign_id']) }} as campaign_key,
        counts.source_system,
        counts.stage,
        coalesce(rare_channels.folds_into, counts.channel, 'unassigned') as channel,
        coalesce(counts.channel, 'unassigned') as landed_channel,
        counts.segment,
        counts.entry_count,
        counts.currency,
        counts.amount as original_amount,
        {{ to_reporting_currency('counts.amount', 'fx_rates.rate_to_reporting') }} as won_amount,
        counts.count_date
    from counts
    cross join as_of
    left join fx_rates
        on
            counts.currency = fx_rates.currency
            and {{ in_force('fx_rates', 'counts.count_date') }}
    left join rare_channels on counts.channel = rare_channels.segment_value
    where counts.count_date <= as_of.as_of_date

)

select * from final
