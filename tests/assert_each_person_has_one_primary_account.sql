-- Who has an account has exactly one that is primary.
select person_key
from {{ ref('bridge_account_persons') }}
group by person_key
having sum(case when is_primary then 1 else 0 end) != 1
