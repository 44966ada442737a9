with

activities as (

    select * from {{ ref('int_scored_activities') }}

),

moments as (

    select
        person_number,
        position,
        occurred_at
    from {{ ref('int_scored_activities') }}

),

balances as (

    select * from {{ ref('int_rule_balances') }}

),

terms as (

    select * from {{ ref('int_scoring_terms') }}

),

fits as (

    select * from {{ ref('int_person_fits') }}

),

-- a rule's balance is carried on to the activities of other rules, up to the next activity of its own
carried as (

    select
        person_number,
        rule_key,
        points,
        halvings,
        balance,
        position as earned_position,
        {{ explode_integers('position', 'until_position') }} as position
    from balances

),

-- left join, though there always are terms: an inner one DuckDB does first, of all moments with all terms
decayed as (

    select
        carried.person_number,
        carried.position,
        terms.cap,
        case when terms.dimension = 'negative' then -1 else 1 end as sign,
        case when carried.position = carried.earned_position then carried.points else 0 end as new_points,
        carried.balance * power(2, carried.halvings - ({{ halvings_at('terms', 'moments.occurred_at') }})) as balance
    from carried
    inner join moments
        on carried.person_number = moments.person_number and carried.position = moments.position
    left join terms
        on
            carried.rule_key = terms.rule_key
            and moments.occurred_at >= terms.holds_from
            and moments.occurred_at < terms.holds_to

),

-- `least` passes over a null: without a cap, the balance stands
summed as (

    select
        person_number,
        position,
        sum(case when sign = 1 then least(balance, cap) else 0 end) as engagement,
        sum(case when sign = -1 then least(balance, cap) else 0 end) as negative,
        sum(sign * (least(balance, cap) - least(balance - new_points, cap))) as score_change
    from decayed
    group by 1, 2

),

-- rounded, so that a sum that is exactly the threshold on paper also is here
rounded as (

    select
        person_number,
        position,
        cast(engagement as decimal(18, 6)) as engagement,
        cast(negative as decimal(18, 6)) as negative,
        cast(score_change as decimal(18, 6)) as score_change
    from summed

),

final as (

    select
        activities.person_key,
        activities.source_system,
        activities.activity_id,
        activities.rule_key,
        coalesce(fits.fit, 0) as fit,
        rounded.engagement,
        rounded.negative,
        cast(coalesce(fits.fit, 0) + rounded.engagement - rounded.negative as decimal(18, 6)) as score,
        rounded.score_change,
        activities.position,
        activities.occurred_day,
        activities.occurred_at
    from activities
    inner join rounded
        on activities.person_number = rounded.person_number and activities.position = rounded.position
    left join fits
        on
            activities.person_key = fits.person_key
            and {{ in_force('fits', 'activities.occurred_at') }}

)

select * from final
