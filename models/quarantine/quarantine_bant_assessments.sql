{{ config(alias='bant_assessments') }}

{{ quarantine_of('bant_assessments') }}
