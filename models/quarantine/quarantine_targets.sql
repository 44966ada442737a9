{{ config(alias='targets') }}

{{ quarantine_of('targets') }}
