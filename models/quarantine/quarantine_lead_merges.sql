{{ config(alias='lead_merges') }}

{{ quarantine_of('lead_merges') }}
