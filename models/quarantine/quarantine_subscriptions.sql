{{ config(alias='subscriptions') }}

{{ quarantine_of('subscriptions') }}
