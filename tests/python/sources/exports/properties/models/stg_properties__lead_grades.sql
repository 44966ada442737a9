with

source as (

    select * from {{ source('properties', 'contact_property_history') }}
    where property in ('hubspotscore', 'rating')

),

{{ conform({
    'lead_id': 'contact_id',
    'graded_at': 'changed_at',
    'graded_by': "case when property = 'rating' then 'sales' else property end",
    'grade': "case when property = 'rating' then value end",
    'score': "case when property = 'hubspotscore' then value end",
}) }}

select * from conformed
