{# What a rule of fit or of persona may ask of a lead: columns of int_person_versions. #}
{% macro fit_attributes() %}
    {{ return([
        'channel', 'campaign_id', 'lead_source', 'origin_owner', 'country', 'region', 'timezone', 'industry', 'income_band',
        'interest', 'main_challenge', 'email_domain', 'employee_count', 'company_revenue',
    ]) }}
{% endmacro %}
