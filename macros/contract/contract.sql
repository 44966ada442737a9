{# The contract of one canonical table, as declared in models/staging/files/_files__sources.yml.

   Returns a dictionary: key, references, version_column, keeps_deleted, row_checks, columns (name -> {type, unit, required,
   accepted_values, vocabulary, begins_at, may_lie_ahead, must_read}).
   While dbt parses, its graph is not there yet and the result is none. #}
{% macro contract(table_name) %}
    {% if not execute %}{{ return(none) }}{% endif %}
    {% set declared = graph.sources.values()
        | selectattr('source_name', 'equalto', 'files') | selectattr('name', 'equalto', table_name) | first %}
    {% if not declared %}
        {{ exceptions.raise_compiler_error(
            "The contract has no table '" ~ table_name ~ "'; there are: " ~ contract_tables() | join(', ')
        ) }}
    {% endif %}
    {% set columns = {} %}
    {% for name, column in declared.columns.items() %}
        {% do columns.update({name: {
            'type': column.data_type,
            'unit': column.config.meta.get('unit'),
            'required': column.config.meta.get('required', false),
            'accepted_values': column.config.meta.get('accepted_values', []),
            'vocabulary': column.config.meta.get('vocabulary'),
            'may_lie_ahead': column.config.meta.get('may_lie_ahead', false),
            'must_read': column.config.meta.get('must_read', false),
            'begins_at': column.config.meta.get('begins_at'),
        }}) %}
    {% endfor %}
    {{ return({
        'key': declared.config.meta.key,
        'references': declared.config.meta.get('references', {}),
        'version_column': declared.config.meta.get('version_column'),
        'keeps_deleted': declared.config.meta.get('keeps_deleted', false),
        'row_checks': declared.config.meta.get('row_checks', []),
        'columns': columns,
    }) }}
{% endmacro %}

{# The columns that `conform` adds to a contract's timestamps: `closed_day` beside `closed_at` is the day where the source
   gives no more than a day, and null where it gives a moment. Returns a dictionary: timestamp -> its day. #}
{% macro day_columns(contract) %}
    {% set days = {} %}
    {% for name, column in contract.columns.items() if column.type == 'timestamp' %}
        {% do days.update({name: name.removesuffix('_at') ~ '_day'}) %}
    {% endfor %}
    {{ return(days) }}
{% endmacro %}

{# All columns of a canonical record, without the metadata. #}
{% macro record_columns(contract) %}
    {{ return(contract.columns.keys() | list + day_columns(contract).values() | list) }}
{% endmacro %}
