{# The raw tables of the sources that are on, as models/staging/<source>/_<source>__sources.yml declares them: a list of
   {source_name, name, role, load, left_out}. Empty while dbt parses, when its graph is not there yet: a model that reads them all
   depends on them through the models that it names.

   table  meta.role      lookup: its rows describe those of other tables, and need not become records
          meta.load      added_rows (default): a file adds to those before it; whole_export: what the newest file no longer
                         holds is deleted. Declared on a source, it holds for all of its tables
          meta.left_out  rows that no mapping takes: a list of {reason, when}; `when` is SQL over the raw columns that are
                         not personal: an erasure changes those, and the row would no longer be left out #}
{% macro landed_tables() %}
    {% set tables = [] %}
    {% for table in graph.get('sources', {}).values()
        if execute and table.source_name in var('lead_sources') and table.name != 'landed_files' %}
        {% set meta = table.config.meta %}
        {% do assert_coverage_is_valid(table.source_name ~ '.' ~ table.name, meta, table.columns) %}
        {% do tables.append({
            'source_name': table.source_name,
            'name': table.name,
            'role': meta.get('role'),
            'load': 'added_rows' if meta.get('role') == 'lookup' else meta.get('load', 'added_rows'),
            'left_out': meta.get('left_out', []),
        }) %}
    {% endfor %}
    {{ return(tables) }}
{% endmacro %}

{% macro assert_coverage_is_valid(name, meta, columns) %}
    {% set left_out = meta.get('left_out', []) %}
    {% if meta.get('role') not in [none, 'lookup'] %}
        {{ exceptions.raise_compiler_error("The role of " ~ name ~ " is '" ~ meta.role ~ "'; there is only: lookup") }}
    {% endif %}
    {% if meta.get('load', 'added_rows') not in ['added_rows', 'whole_export'] %}
        {{ exceptions.raise_compiler_error(
            "The load of " ~ name ~ " is '" ~ meta.load ~ "', not one of: added_rows, whole_export"
        ) }}
    {% endif %}
    {% if 'role' in meta and left_out %}
        {{ exceptions.raise_compiler_error(
            name ~ " is a lookup: none of its rows has to become a record, so left_out says nothing. Remove one of the two."
        ) }}
    {% endif %}
    {% for rows in left_out if rows is not mapping or rows.keys() | sort != ['reason', 'when'] %}
        {{ exceptions.raise_compiler_error(
            "left_out of " ~ name ~ " is a list of {reason: ..., when: <SQL over the raw columns>}, not: " ~ rows
        ) }}
    {% endfor %}
    {% set words = modules.re.findall('[a-z_][a-z0-9_]*', left_out | map(attribute='when') | join(' ') | lower) %}
    {% for column in columns.values() if column.name in words and column.config.meta.get('pii') %}
        {{ exceptions.raise_compiler_error(
            "left_out of " ~ name ~ " reads " ~ column.name ~ ", which is personal: an erasure changes it. Tell the rows by "
            ~ "another column."
        ) }}
    {% endfor %}
{% endmacro %}
