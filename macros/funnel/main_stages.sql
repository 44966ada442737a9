{# The stages of the funnel proper, in order: the columns of the accumulating snapshot. The seed `stages` says the rest
   of them, and a test holds the two together. #}
{% macro main_stages() %}
    {{ return(['lead', 'mql', 'sal', 'sql', 'opportunity', 'customer']) }}
{% endmacro %}
