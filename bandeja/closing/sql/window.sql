-- Among several accounts of one workspace: how many of the oldest looks there are, up to a number, and the last
-- of them, so that a turn takes the oldest of the workspace and not of one account. Locks nothing.
select count(*), max(look_at)
from (
    select oldest.look_at
    from unnest(%(accounts)s::bigint[], %(untils)s::timestamptz[]) as due (account_id, until)
    cross join lateral (
        select look_at from conversation
        where conversation.account_id = due.account_id and look_at <= due.until
        order by look_at
        limit %(window)s
    ) as oldest
    order by oldest.look_at
    limit %(window)s
) as oldest_of_all
