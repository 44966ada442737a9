with

persons as (

    select * from {{ ref('bridge_account_persons') }} where is_primary

),

rules as (

    select * from {{ ref('account_rules') }}

),

activities as (

    select * from {{ ref('fct_activities') }} where direction = 'in' and not is_automated

),

entries as (

    select * from {{ ref('fct_stage_entries') }} where observed_at is not null

),

deals as (

    select * from {{ ref('int_opportunity_accounts') }}

),

-- what persons did first: turn to the company, become an MQL, become a customer
acts as (

    select
        person_key,
        'engaged' as act,
        moment_precision,
        occurred_at
    from activities
    union all
    select
        person_key,
        stage as act,
        moment_precision,
        observed_at as occurred_at
    from entries
    where stage in ('mql', 'customer')

),

first_acts as (

    select
        persons.account_key,
        persons.person_key,
        acts.act,
        min_by(acts.moment_precision, acts.occurred_at) as moment_precision,
        min(acts.occurred_at) as occurred_at
    from acts
    inner join persons on acts.person_key = persons.person_key
    group by 1, 2, 3

),

numbered as (

    select
        *,
        row_number() over (partition by account_key, act order by occurred_at, person_key) as person_number
    from first_acts

),

final as (

    select
        account_key,
        act as account_stage,
        act as evidence,
        moment_precision,
        occurred_at
    from numbered
    where act in ('engaged', 'customer')
    union
    select
        numbered.account_key,
        'mqa' as account_stage,
        rules.rule_key as evidence,
        numbered.moment_precision,
        numbered.occurred_at
    from numbered
    inner join rules
        on
            numbered.act = rules.trigger
            and numbered.person_number >= rules.min_persons
            and {{ in_force('rules', 'numbered.occurred_at') }}
    union
    select
        account_key,
        'open_deal' as account_stage,
        'opportunity_created' as evidence,
        case when is_created_on_day then 'day' else 'exact' end as moment_precision,
        created_at as occurred_at
    from deals
    union
    select
        account_key,
        'customer' as account_stage,
        'opportunity_won' as evidence,
        case when is_closed_on_day then 'day' else 'exact' end as moment_precision,
        closed_at as occurred_at
    from deals
    where is_won and closed_at is not null

)

select * from final
