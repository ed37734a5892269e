-- Every account that has a clock, its workspace, and when its first one is looked at: one index probe an account.
select account.id, account.workspace_id, head.look_at
from account
cross join lateral (
    select look_at from conversation
    where conversation.account_id = account.id and look_at is not null
    order by look_at
    limit 1
) as head
