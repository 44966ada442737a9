select
    strftime(period_start_date, '%Y-%m') as month,
    count(*) as paid_orders,
    round(sum(order_amount))::bigint as gross,
    round(sum(refunded_amount))::bigint as refunded,
    round(sum(net_amount))::bigint as net
from core.fct_purchases
inner join (select date_day, month_start_date as period_start_date from core.dim_dates) as days on purchased_date = date_day
group by month
order by month desc
limit 3
