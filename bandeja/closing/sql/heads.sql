-- The instant, and every account that has a clock, its workspace, and when its first one is looked at: one index
-- probe an account, and one statement for all that an idle sweep does, but for asking whether it stood still (closing
-- H5). One that is paused is not probed (closing H2).
with instant as materialized (
    select bandeja_now() as at
)
select instant.at, account.id, account.workspace_id, head.look_at
from instant
cross join (
    select id, workspace_id
    from account
    where not exists (
        select from pause
        where pause.workspace_id = account.workspace_id and pause.until is null and not pause.settled
          and (pause.account_id is null or pause.account_id = account.id)
    )
    offset 0
) as account
cross join lateral (
    select look_at from conversation
    where conversation.account_id = account.id and look_at is not null
    order by look_at
    limit 1
) as head
