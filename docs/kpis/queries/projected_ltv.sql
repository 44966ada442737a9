select
    round(monthly_margin_amount, 2)::double as margin_per_month,
    churned_customers as churned,
    customer_months,
    round(100 * monthly_churn_rate, 3) as churn_percent,
    round(projected_ltv_amount)::bigint as projected,
    round(projected_ltv_amount_low)::bigint as low,
    round(projected_ltv_amount_high)::bigint as high
from marts.mart_customer_ltv
where period_type = 'all' and segment_type = 'all'
