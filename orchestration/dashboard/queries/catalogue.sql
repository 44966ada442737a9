-- Names and definitions of the metrics, in both languages.
select
    metric,
    metric_label_en,
    metric_label_es,
    definition_en,
    definition_es,
    formula,
    answered_by,
    benchmark_low,
    benchmark_high
from marts.mart_metric_catalog
order by metric
