{# What the score is judged for: everybody together, each quarter of entry by itself (does it still tell good from bad?),
   and each system, channel and country. Finer cuts have too few matured MQLs for ten groups. #}
{% macro score_cuts() %}
    {{ return(['source_system', 'channel', 'country']) }}
{% endmacro %}

{# The rows of a relation once for the whole, once per quarter of `entered_date` and once per segment of
   `cut_by`. #}
{% macro in_score_cuts(relation, columns, cut_by) %}
    {%- set whole = ["'all'", 'cast(null as date)', "'all'", "'all'"] %}
    {%- set quarter = ["'quarter'", start_of_period('quarter', 'entered_date'), "'all'", "'all'"] %}
    {%- set cuts = [whole, quarter] %}
    {%- for segment in cut_by %}
    {%- do cuts.append(["'all'", 'cast(null as date)', "'" ~ segment ~ "'", segment]) %}
    {%- endfor %}
    {%- for period_type, period_start, segment_type, segment_value in cuts %}
    select
        {{ period_type }} as period_type,
        {{ period_start }} as period_start,
        {{ segment_type }} as segment_type,
        {{ segment_value }} as segment_value,
        {%- for column in columns %}
        {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}

{# Thresholds of the score that are tried out, beside those in force. #}
{% macro score_thresholds() %}
    {{ return(range(0, 101, 5) | list) }}
{% endmacro %}
