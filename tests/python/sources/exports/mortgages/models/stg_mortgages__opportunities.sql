with

source as (

    select * from {{ source('mortgages', 'loans') }} where decision = 'Approved' or closed_on is not null

),

{{ conform({
    'opportunity_id': 'loan_no',
    'lead_id': 'loan_no',
    'created_at': 'coalesce(decided_on, applied_on)',
    'stage': "case when closed_on is null then 'Approved' else 'Closed' end",
    'closed_at': 'closed_on',
    'is_won': "case when closed_on is not null then 'yes' end",
    'amount': 'amount',
    'currency': "'USD'",
}) }}

select * from conformed
