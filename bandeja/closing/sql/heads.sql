-- The instant, and every account that has a clock, its workspace, and when its first one is looked at: one index
-- probe an account, and one statement for all that an idle sweep does.
with instant as materialized (
    select bandeja_now() as at
)
select instant.at, account.id, account.workspace_id, head.look_at
from instant
cross join account
cross join lateral (
    select look_at from conversation
    where conversation.account_id = account.id and look_at is not null
    order by look_at
    limit 1
) as head
