{{ config(alias='costs') }}

{{ quarantine_of('costs') }}
