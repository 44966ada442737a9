with

leads as (

    select
        *,
        {{ mail_domain('email') }} as domain
    from {{ ref('int_leads') }}

),

records as (

    select * from {{ ref('int_leads_versioned') }} where _outcome = 'staged'

),

persons as (

    select * from {{ ref('int_lead_persons') }} where person_key is not null and is_landed

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

domains as (

    select * from {{ ref('int_account_domains') }}

),

free_mail as (

    select * from {{ ref('free_mail_domains') }}

),

joined as (

    select
        leads.lead_key,
        persons.person_key,
        leads.source_system,
        leads.created_at,
        leads.domain,
        linked.account_key as linked_key,
        domains.account_key as domain_key,
        free_mail.domain is not null as is_free_mail,
        coalesce(domains.domain_kind = 'shared', false) as is_shared
    from leads
    inner join persons on leads.lead_key = persons.lead_key
    inner join records on leads.source_system = records.source_system and leads.lead_id = records.lead_id
    left join accounts as linked
        on records.source_system = linked.source_system and records.account_id = linked.account_id
    left join domains on leads.domain = domains.domain
    left join free_mail on leads.domain = free_mail.domain

),

final as (

    select
        lead_key,
        person_key,
        source_system,
        created_at,
        coalesce(linked_key, domain_key) as account_key,
        case
            when linked_key is not null then 'link'
            when domain_key is not null then 'email_domain'
            when domain is null then 'no_address'
            when is_free_mail then 'free_mail'
            when is_shared then 'shared_domain'
            else 'unknown_domain'
        end as match_rule,
        case
            when linked_key is not null then 'strong'
            when domain_key is not null then 'weak'
            else 'none'
        end as match_strength
    from joined

)

select * from final
