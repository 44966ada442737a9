{# Which segments the conversion mart is cut by, per length of the cohort period. Weeks are cut by channel alone: a week
   of one campaign is a handful of leads, and its rates would be most of the mart's rows and none of its information. #}
{% macro conversion_cuts() %}
    {{ return({'month': segments(), 'week': ['channel']}) }}
{% endmacro %}
