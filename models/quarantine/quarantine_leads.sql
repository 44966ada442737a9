{{ config(alias='leads') }}

{{ quarantine_of('leads') }}
