{# The domain of a web or mail address or of a domain itself, in lower case, without protocol, `www.`, port and path. #}
{% macro mail_domain(expression) -%}
    {%- set without_protocol = "replace(replace(lower(" ~ trimmed(expression) ~ "), 'https://', ''), 'http://', '')" -%}
    {%- set host = "split_part(split_part(" ~ without_protocol ~ ", '/', 1), ':', 1)" -%}
    {%- set bare = "case when " ~ host ~ " like '%@%' then split_part(" ~ host ~ ", '@', 2) else " ~ host ~ " end" -%}
    nullif(case when {{ bare }} like 'www.%' then substr({{ bare }}, 5) else {{ bare }} end, '')
{%- endmacro %}
