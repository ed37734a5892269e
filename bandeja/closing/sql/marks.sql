-- The low-water mark of these accounts: the earliest delivery still waiting to be joined (closing C8).
select account_id, mark.received_at
from unnest(%(accounts)s::bigint[]) as account_id
cross join lateral (
    select received_at from receipt
    where receipt.account_id = account_id.account_id and processed_at is null and parked_at is null
    order by received_at
    limit 1
) as mark
