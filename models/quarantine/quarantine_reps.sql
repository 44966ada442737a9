{{ config(alias='reps') }}

{{ quarantine_of('reps') }}
