{{ config(alias='web_traffic') }}

{{ quarantine_of('web_traffic') }}
