{# The attributes that marts are cut by, one at a time; each is a column of the facts, `unassigned` where unknown. #}
{% macro segments() %}
    {{ return(['source_system', 'channel', 'campaign', 'country', 'origin_owner', 'owner_team', 'persona', 'fit_band']) }}
{% endmacro %}

{# In `group by`: one grouping set for the whole and one per segment, each with the given keys. #}
{% macro segment_grouping_sets(keys, cut_by=none) -%}
    grouping sets (
        ({{ keys | join(', ') }}),
        {%- for segment in cut_by or segments() %}
        ({{ (keys + [segment]) | join(', ') }}){{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{# After such a grouping: which segment a row is for. Segments are never null themselves, so null means grouped out. #}
{% macro segment_type(cut_by=none) -%}
    case
        {%- for segment in cut_by or segments() %}
        when {{ segment }} is not null then '{{ segment }}'
        {%- endfor %}
        else 'all'
    end
{%- endmacro %}

{% macro segment_value(cut_by=none) -%}
    coalesce({{ (cut_by or segments()) | join(', ') }}, 'all')
{%- endmacro %}
