-- The low-water mark of these accounts: the earliest delivery still waiting to be joined that could concern each, its
-- own, or of a Meta app of its workspace, whose deliveries only parsing tells the account of (closing C8). Not of its
-- app alone: what came through the one it had before may still wait.
select account.id, least(own.received_at, shared.received_at)
from account
left join lateral (
    select received_at from receipt
    where receipt.account_id = account.id and processed_at is null and parked_at is null
    order by received_at
    limit 1
) as own on true
left join lateral (
    select min(first.received_at) as received_at
    from meta_app
    cross join lateral (
        select received_at from receipt
        where receipt.app_id = meta_app.id and processed_at is null and parked_at is null
        order by received_at
        limit 1
    ) as first
    where meta_app.workspace_id = account.workspace_id and account.app_id is not null
) as shared on true
where account.id = any(%(accounts)s::bigint[]) and (own.received_at is not null or shared.received_at is not null)
