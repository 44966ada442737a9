{# How a source writes numbers and moments; the var `source_formats` overrides these per source.

   decimal_mark       '.' or ','; the other one may group thousands
   time_zone          IANA zone of moments that carry no offset
   timestamp_formats  strptime formats, tried in order after ISO 8601
   date_formats       the same for dates #}
{% macro source_format(source_name) %}
    {% set format = {
        'decimal_mark': '.',
        'time_zone': 'UTC',
        'timestamp_formats': [],
        'date_formats': [],
    } %}
    {% set declared = var('source_formats').get(source_name, {}) %}
    {% for setting in declared if setting not in format %}
        {{ exceptions.raise_compiler_error(
            "source_formats." ~ source_name ~ "." ~ setting ~ " is not a setting; there are: " ~ format.keys() | join(', ')
        ) }}
    {% endfor %}
    {% do format.update(declared) %}
    {{ return(format) }}
{% endmacro %}
