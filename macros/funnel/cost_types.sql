{# The types of cost that the contract knows: a column each in mart_campaign_roi. #}
{% macro cost_types() %}
    {{ return([
        'media', 'list_purchase', 'content', 'staff', 'technology', 'agency', 'infrastructure', 'event', 'sales_followup',
    ]) }}
{% endmacro %}
