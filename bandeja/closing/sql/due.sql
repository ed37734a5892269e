-- What an account has due: lock the rows whose look_at has come, skipping those somebody else holds; judge each
-- on what the lock shows; disarm void clocks, move the look of those whose time was lengthened, close the rest.
-- The deadline is that of deadline.py: the longest time in force at any moment since the clock was armed, or started
-- anew because a pause kept it from closing (closing H3).
due as materialized (
    select id, workspace_id, armed_at, look_at, last_inbound_at, owner_id, unread
    from conversation
    where account_id = %(account)s and look_at <= %(until)s and id <> all(%(aside)s::bigint[])
      and (%(only)s::bigint[] is null or id = any(%(only)s::bigint[]))
    order by look_at
    limit %(limit)s
    for update skip locked
),
stretch as materialized (
    select * from unnest(%(seconds)s::bigint[], %(ended)s::timestamptz[]) as stretch (seconds, ended)
),
counted as materialized (
    select due.id, due.workspace_id, due.look_at, due.last_inbound_at, due.owner_id, due.unread,
           case when due.armed_at >= %(begins)s::timestamptz then {anew} else due.armed_at end as armed_at
    from due
),
judged as materialized (
    select counted.*,
           case when armed_at >= %(begins)s::timestamptz then armed_at + make_interval(secs => (
               select max(seconds) from stretch where ended is null or ended > armed_at
           )) end as deadline
    from counted
),
void as (
    update conversation set armed_at = null, look_at = null
    from judged
    where conversation.id = judged.id and judged.deadline is null
),
later as (
    update conversation set armed_at = judged.armed_at, look_at = judged.deadline
    from judged
    where conversation.id = judged.id and judged.deadline > %(until)s
),
target as (
    select * from judged where deadline <= %(until)s
)
