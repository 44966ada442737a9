{{ config(alias='campaigns') }}

{{ quarantine_of('campaigns') }}
