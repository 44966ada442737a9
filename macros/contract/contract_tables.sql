{# Names of the canonical tables, in the order of models/staging/files/_files__sources.yml: dbt asks for them while it
   parses, when it cannot read its yml yet. #}
{% macro contract_tables() %}
    {{ return([
        'leads',
        'lead_status_changes',
        'lead_merges',
        'lead_grades',
        'activities',
        'bant_assessments',
        'opportunities',
        'orders',
        'subscriptions',
        'reps',
        'campaigns',
        'costs',
        'web_traffic',
        'stage_counts',
        'targets',
        'opportunity_stage_changes',
        'opportunity_contacts',
        'pipeline_stages',
        'accounts',
    ]) }}
{% endmacro %}
