{{ config(alias='orders') }}

{{ quarantine_of('orders') }}
