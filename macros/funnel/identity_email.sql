{# The address that a normalised one counts as for the identity of a person: without its `+tag` where the var
   `identity_ignores_plus` says so. #}
{% macro identity_email(email) -%}
    {%- if var('identity_ignores_plus') -%}
    split_part(split_part({{ email }}, '@', 1), '+', 1) || '@' || split_part({{ email }}, '@', 2)
    {%- else -%}
    {{ email }}
    {%- endif -%}
{%- endmacro %}
