-- 0 <= low <= rate <= high <= 1, but for the naive ratio, which may pass 1 and has no interval.
select *
from {{ ref('mart_funnel_conversion') }}
where
    conversion_rate < 0
    or (rate_kind != 'naive_lag' and conversion_rate > 1)
    or conversion_rate_low > conversion_rate + 1e-9
    or conversion_rate_high < conversion_rate - 1e-9
    or conversion_rate_low < 0
    or conversion_rate_high > 1
    or mature_share not between 0 and 1
    or (rate_kind != 'survival' and (denominator = 0) != (conversion_rate is null))
    or (denominator = 0 and conversion_rate_low is not null)
