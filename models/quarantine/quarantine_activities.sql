{{ config(alias='activities') }}

{{ quarantine_of('activities') }}
