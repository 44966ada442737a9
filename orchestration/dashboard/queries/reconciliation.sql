-- The identities that must hold, and how many of their checks do not.
select
    identity,
    count(*) as checks,
    count(*) filter (where not is_held) as broken
from marts.mart_reconciliation
group by identity
order by broken desc, identity
