{# What a rule of fit or of persona may ask of a lead: columns of int_person_versions. #}
{% macro fit_attributes() %}
    {{ return([
        'channel', 'campaign_id', 'lead_source', 'origin_owner', 'country', 'region', 'timezone', 'industry', 'income_band',
        'interest', 'main_challenge', 'email_domain', 'employee_count', 'company_revenue',
    ]) }}
{% endmacro %}

{# The attribute of a row of int_person_versions that a rule asks for, as text. #}
{% macro fit_attribute_value(versions, subject) -%}
    case {{ subject }}
        {%- for attribute in fit_attributes() %}
        when '{{ attribute }}' then cast({{ versions }}.{{ attribute }} as string)
        {%- endfor %}
    end
{%- endmacro %}
