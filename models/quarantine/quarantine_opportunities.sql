{{ config(alias='opportunities') }}

{{ quarantine_of('opportunities') }}
