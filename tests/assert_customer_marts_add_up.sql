-- noqa: disable=LT02
-- Every cut adds up to the whole, and the whole is what the facts say: no purchase, customer or deal is lost or
-- doubled. A select per mart and measure, grown from loops over one line each;
-- `dbt compile -s assert_customer_marts_add_up` shows them written out.
{%- set marts = {
    'mart_customer_value': [
        'period_type, period_start_date',
        ['orders', 'net_revenue_amount', 'new_customers', 'active_customers', 'won_deals'],
    ],
    'mart_customer_churn': [
        'month_start_date',
        [
            'customers_at_start',
            'churned_customers',
            'mrr_at_start_amount',
            'churned_mrr_amount',
            'expansion_mrr_amount',
        ],
    ],
    'mart_customer_ltv': [
        'period_type, period_start_date',
        ['new_customers', 'net_revenue_amount', 'customer_months', 'churned_customers'],
    ],
    'mart_pipeline': [
        'period_type, period_start_date',
        ['open_opportunities', 'open_amount', 'weighted_amount', 'won_amount', 'new_customers'],
    ],
    'mart_pipeline_slippage': [
        'month_start_date',
        ['promised_opportunities', 'won_on_time_opportunities', 'times_moved'],
    ],
} %}
with sums as (

    {% for mart, (keys, measures) in marts.items() %}
    {% for measure in measures %}
    select
        '{{ mart }}.{{ measure }}' as measure,
        segment_type,
        concat_ws(
            ' '{% for key in keys.split(', ') %}, cast({{ key }} as string){% endfor %}
        ) as place,
        sum(cast({{ measure }} as decimal(18, 2))) as amount
    from {{ ref(mart) }}
    group by all
    union all
    {% endfor %}
    {% endfor %}
    -- the facts themselves, as one more cut of everything
    select
        'mart_customer_value.orders' as measure,
        'facts' as segment_type,
        (
            select concat_ws(' ', 'all', cast(min(dates.date_day) as string))
            from {{ ref('dim_dates') }} as dates where dates.is_elapsed
        ) as place,
        cast(count(*) as decimal(18, 2)) as amount
    from {{ ref('fct_purchases') }}
    where person_key is not null and not is_credit_note
    having count(*) > 0

),

compared as (

    select
        cuts.*,
        coalesce(wholes.amount, 0) as whole
    from sums as cuts
    left join sums as wholes
        on cuts.measure = wholes.measure and cuts.place = wholes.place and wholes.segment_type = 'all'
    where
        cuts.segment_type != 'all'
        -- a target may be set for one segment alone
        and not (cuts.measure like 'mart_pipeline.%' and cuts.amount = 0)
        -- costs are known by channel alone, and a cut may have no row for a period without customers
        and not (cuts.measure like 'mart_customer_ltv.%' and cuts.amount = 0)

)

select * from compared where amount != whole
