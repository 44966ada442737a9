with

loans as (

    select * from {{ source('mortgages', 'loans') }}

),

source as (

    select
        *,
        'Applied' as step,
        applied_on as step_on,
        1 as step_number
    from loans
    where applied_on is not null

    union all

    select
        *,
        decision as step,
        decided_on as step_on,
        2 as step_number
    from loans
    where decided_on is not null

    union all

    select
        *,
        'Closed' as step,
        closed_on as step_on,
        3 as step_number
    from loans
    where closed_on is not null

),

{{ conform({
    'event_id': "loan_no || '-' || step_number",
    'lead_id': 'loan_no',
    'changed_at': 'step_on',
    'sequence': 'step_number',
    'to_status': 'step',
}, part='step_number') }}

select * from conformed
