with

targets as (

    select
        source_system,
        metric,
        period_start,
        period_end,
        target_value,
        version,
        coalesce({{ canonical_word("split_part(segment, '=', 1)") }}, 'all') as segment_type,
        coalesce({{ trimmed("substr(segment, instr(segment, '=') + 1)") }}, 'all') as landed_value
    from {{ ref('int_targets_versioned') }}
    where _outcome = 'staged'

),

worded as (

    select
        *,
        case when segment_type in ('channel', 'country') then {{ canonical_word('landed_value') }} end as word
    from targets

),

final as (

    select
        worded.source_system,
        worded.metric,
        worded.period_start,
        worded.period_end,
        worded.target_value,
        worded.version,
        worded.segment_type,
        case
            when worded.segment_type = 'channel' then {{ read_word('worded.word', 'channel', 'channel') }}
            when worded.segment_type = 'country' then {{ read_word('worded.word', 'country', 'country') }}
            else worded.landed_value
        end as segment_value
    from worded
    left join {{ word_aliases('channel') }} as channel_alias on worded.word = channel_alias.word
    left join {{ word_aliases('country') }} as country_alias on worded.word = country_alias.word

)

select * from final
