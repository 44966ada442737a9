with

source as (

    select * from {{ source('mortgages', 'loans') }} where applied_on is not null

),

{{ conform({
    'lead_id': 'loan_no',
    'created_at': 'applied_on',
    'email': 'e_mail',
    'name': 'applicant',
    'channel': 'lead_channel',
}) }}

select * from conformed
