-- What an account has due: lock the rows whose look_at has come, skipping those somebody else holds; judge each
-- on what the lock shows; disarm void clocks, move the look of those whose time was lengthened, withhold what the rule
-- leaves open (closing G2, G3), close the rest. The deadline is that of deadline.py: the latest by any time in force at
-- any moment since the clock was armed, or started anew because a pause kept it from closing (closing H3).
due as materialized (
    select id, workspace_id, armed_at, look_at, last_inbound_at, answered_at, owner_id, contact_id, unread
    from conversation
    where account_id = %(account)s and look_at <= %(until)s and id <> all(%(aside)s::bigint[])
      and (%(only)s::bigint[] is null or id = any(%(only)s::bigint[]))
    order by look_at
    limit %(limit)s
    for update skip locked
),
stretch as materialized (
    select *
    from unnest(%(seconds)s::bigint[], %(ended)s::timestamptz[], %(answers)s::boolean[], %(hours)s::bigint[],
                %(whole_days)s::boolean[])
         as stretch (seconds, ended, answers, hours, whole_days)
),
option as materialized (
    select %(guards)s::boolean as guards, %(exempt_tags)s::bigint[] as exempt_tags,
           %(exempt_owners)s::bigint[] as exempt_owners, %(exempt_field)s::bigint as exempt_field,
           %(exempt_value)s::text as exempt_value
),
counted as materialized (
    select due.id, due.workspace_id, due.look_at, due.last_inbound_at, due.answered_at, due.owner_id, due.contact_id,
           due.unread,
           case when due.armed_at >= %(begins)s::timestamptz then {anew} else due.armed_at end as armed_at
    from due
),
judged as materialized (
    select counted.*,
           case when armed_at >= %(begins)s::timestamptz then (
               select max({over})
               from stretch where ended is null or ended > armed_at
           ) end as deadline
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
ripe as materialized (
    select judged.*,
           {withholds} as withheld_for
    from judged
    cross join option
    where deadline <= %(until)s
),
withheld as (
    update conversation set
        armed_at = null,
        look_at = null,
        withheld_at = coalesce(%(at)s::timestamptz, bandeja_now()),
        withheld_for = ripe.withheld_for
    from ripe
    where conversation.id = ripe.id and ripe.withheld_for is not null
    returning conversation.id, conversation.workspace_id, conversation.withheld_at, ripe.withheld_for
),
spared as (
    insert into event (workspace_id, conversation_id, kind, at, actor_kind, actor_id, data)
    select workspace_id, id, 'closing_withheld', withheld_at, %(actor_kind)s, %(actor_id)s::bigint,
           jsonb_build_object('why', withheld_for, 'rule', %(rule_id)s::bigint, 'rule_name', %(rule_name)s::text)
    from withheld
    order by id
),
target as (
    select *, null::jsonb as kept from ripe where withheld_for is null
)
