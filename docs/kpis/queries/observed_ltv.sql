select
    tenure_months as months,
    customers,
    cohort_customers,
    round(margin_amount)::bigint as margin,
    round(observed_ltv_amount)::bigint as per_customer,
    round(observed_ltv_amount_low)::bigint as low,
    round(observed_ltv_amount_high)::bigint as high
from marts.mart_customer_lifetime
where period_type = 'all' and segment_type = 'all' and tenure_months in (1, 3, 6, 12)
order by months
