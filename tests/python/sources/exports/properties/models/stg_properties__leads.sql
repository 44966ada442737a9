{# One record per contact and file: the row that says when the contact was created, or else its first lifecycle stage,
   with the newest value of each property. The next file supersedes it. #}
with

history as (

    select * from {{ source('properties', 'contact_property_history') }}

),

changes as (

    select
        *,
        row_number() over (
            partition by contact_id, property
            order by changed_at desc, _loaded_at desc, _source_file desc, _source_row desc
        ) as age
    from history

),

newest_values as (

    select
        contact_id,
        max(case when property = 'createdate' then value end) as created,
        max(case when property = 'email' then value end) as email,
        max(case when property = 'hubspot_owner_id' then value end) as owner_id
    from changes
    where age = 1
    group by contact_id

),

numbered as (

    select
        history.*,
        newest_values.created,
        newest_values.email,
        newest_values.owner_id,
        row_number() over (
            partition by history.contact_id, history._file_id
            order by history.property, history.changed_at, history._source_row
        ) as row_of_contact
    from history
    left join newest_values on history.contact_id = newest_values.contact_id
    where history.property in ('createdate', 'lifecyclestage')

),

source as (

    select * from numbered where row_of_contact = 1

),

{{ conform({
    'lead_id': 'contact_id',
    'created_at': 'coalesce(created, changed_at)',
    'email': 'email',
    'owner_rep_id': 'owner_id',
}) }}

select * from conformed
