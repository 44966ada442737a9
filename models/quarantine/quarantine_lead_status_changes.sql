{{ config(alias='lead_status_changes') }}

{{ quarantine_of('lead_status_changes') }}
