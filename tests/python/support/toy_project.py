"""A small dbt project with the layers' schemas, to build with in seconds."""

from pathlib import Path

FILES = {
    "dbt_project.yml": """
name: toy
profile: toy
models:
  toy:
    +materialized: table
    intermediate: {+schema: intermediate}
    core: {+schema: core}
    marts: {+schema: marts}
flags: {send_anonymous_usage_stats: false}
""",
    "profiles.yml": """
toy:
  target: toy
  outputs:
    toy:
      type: duckdb
      path: "{{ env_var('FUNNEL_WAREHOUSE') }}/build/warehouse.duckdb"
      schema: main
      threads: 2
""",
    "macros/generate_schema_name.sql": """
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
""",
    "models/intermediate/int_as_of.sql": """
select timestamp '2025-01-03' as as_of
""",
    "models/core/dim_leads.sql": """
select lead_id as lead_key, 1 as generation from raw_files.leads
""",
    "models/marts/mart_funnel.sql": """
select generation, count(*) as lead_count from {{ ref('dim_leads') }} group by 1
""",
    "tests/assert_every_lead_has_a_key.sql": """
select * from {{ ref('dim_leads') }} where lead_key is null
""",
}
LEADS = "lead_id,created_at\nL1,2025-01-01T00:00:00Z\nL2,2025-01-02T00:00:00Z\n"
ACTIVITIES = "activity_id,activity_type,occurred_at\nA1,call,2025-01-03T00:00:00Z\n"


def write_project(folder: Path) -> Path:
    """The project, in a folder of its own."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip(), encoding="utf-8")
    return folder


def write_landing(folder: Path) -> Path:
    """Two leads and one activity."""
    for table, text in {"leads": LEADS, "activities": ACTIVITIES}.items():
        (folder / table).mkdir(parents=True)
        (folder / table / "all.csv").write_text(text, encoding="utf-8")
    return folder
