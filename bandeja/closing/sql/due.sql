-- What an account has due: lock the rows whose look_at has come, skipping those somebody else holds; judge each
-- on what the lock shows; disarm void clocks, move the look of those whose time was lengthened, withhold what the rule
-- leaves open (closing G2, G3), close the rest. The deadline is that of deadline.py: the latest by any time in force at
-- any moment since the clock was armed, or started anew because a pause kept it from closing (closing H3).
due as materialized (
    select id, workspace_id, armed_at, look_at, last_inbound_at, answered_at, unheard_at is not null as unheard, owner_id, contact_id, unread
    from conversation
    where account_id = %(account)s and look_at <= %(until)s and id <> all(%(aside)s::bigint[])
      and (%(only)s::bigint[] is null or id = any(%(only)s::bigint[]))
    order by look_at
    limit %(limit)s
    for update skip locked
),
-- The times of clocks that contacts' messages started, and of those that ours did (closing N2).
kind as materialized (
    select *
    from (values
        (false, %(begins)s::timestamptz, %(seconds)s::bigint[], %(ended)s::timestamptz[], %(answers)s::boolean[],
         %(hours)s::bigint[], %(whole_days)s::boolean[]),
        (true, %(unheard_begins)s::timestamptz, %(unheard_seconds)s::bigint[], %(unheard_ended)s::timestamptz[],
         %(unheard_answers)s::boolean[], %(unheard_hours)s::bigint[], %(unheard_whole_days)s::boolean[])
    ) as kind (unheard, begins, seconds, ended, answers, hours, whole_days)
),
option as materialized (
    select %(guards)s::boolean as guards, %(exempt_tags)s::bigint[] as exempt_tags,
           %(exempt_owners)s::bigint[] as exempt_owners, %(exempt_field)s::bigint as exempt_field,
           %(exempt_value)s::text as exempt_value
),
counted as materialized (
    select due.id, due.workspace_id, due.look_at, due.last_inbound_at, due.answered_at, due.owner_id, due.contact_id,
           due.unread, kind.begins, kind.seconds, kind.ended, kind.answers, kind.hours, kind.whole_days,
           case when due.armed_at >= kind.begins then {anew} else due.armed_at end as armed_at
    from due
    join kind using (unheard)
),
judged as materialized (
    select counted.id, counted.workspace_id, look_at, last_inbound_at, answered_at, owner_id, contact_id, unread, armed_at,
           case when armed_at >= begins then (
               select max({over})
               from unnest(counted.seconds, counted.ended, counted.answers, counted.hours, counted.whole_days)
                    as stretch (seconds, ended, answers, hours, whole_days)
               where stretch.ended is null or stretch.ended > counted.armed_at
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
