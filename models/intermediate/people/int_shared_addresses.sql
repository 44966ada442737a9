with

leads as (

    select
        *,
        {{ identity_email('email') }} as address
    from {{ ref('int_leads') }}
    where email is not null and not is_test and not is_after_as_of

),

mailboxes as (

    select * from {{ ref('shared_mailboxes') }}

),

addresses as (

    select
        address,
        split_part(split_part(address, '@', 1), '+', 1) as local_part,
        split_part(address, '@', 2) as domain,
        count(*) as lead_count,
        count(distinct nullif(name, '')) as name_count
    from leads
    group by 1, 2, 3

),

declared as (

    select
        addresses.address,
        min(mailboxes.kind) as kind
    from addresses
    inner join mailboxes
        on
            addresses.local_part = coalesce(mailboxes.local_part, addresses.local_part)
            and addresses.domain = coalesce(mailboxes.domain, addresses.domain)
    group by 1

),

final as (

    select
        addresses.address,
        coalesce(declared.kind, 'many_names') as kind,
        addresses.lead_count,
        addresses.name_count
    from addresses
    left join declared on addresses.address = declared.address
    where declared.address is not null or addresses.name_count > {{ var('identity_max_names_by_email') }}

)

select * from final
