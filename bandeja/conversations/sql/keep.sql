-- Keep these conversations open: whatever clock they have stops, and none starts until they are released (closing C9).
-- What is kept already is kept as said now, since when it was; one that is closed is left alone. With `snoozes` they are
-- snoozed, which is kept open out of sight (closing S1); where the contact has written after what was `seen`, they are not.
with chosen as materialized (
    select id, status
    from conversation
    where id = any(%(ids)s::bigint[])
      and {within}
      and not coalesce(last_inbound_id > %(seen)s::bigint, false)
    order by id
    for update
),
instant as materialized (
    select coalesce(%(at)s::timestamptz, bandeja_now()) as at from (select count(*) from chosen) as locked
),
kept as (
    update conversation set
        kept_at = coalesce(conversation.kept_at, instant.at),
        kept_until = %(until)s::timestamptz,
        kept_by_id = %(agent)s::bigint,
        kept_reason = %(reason)s,
        snoozed_at = case when %(snoozes)s::boolean then coalesce(conversation.snoozed_at, instant.at) end,
        withheld_at = null,
        withheld_for = '',
        armed_at = null,
        look_at = null
    from chosen, instant
    where conversation.id = chosen.id and conversation.status = 'open'
      and (conversation.kept_at is null
           or (kept_until, kept_reason, snoozed_at is not null)
              is distinct from (%(until)s::timestamptz, %(reason)s, %(snoozes)s::boolean))
    returning conversation.id, conversation.workspace_id, instant.at
),
told as (
    insert into event (workspace_id, conversation_id, kind, at, actor_kind, actor_id, data)
    select workspace_id, id,
           case when %(snoozes)s::boolean then 'conversation_snoozed' else 'conversation_kept' end, at, %(actor_kind)s, %(actor_id)s::bigint,
           jsonb_build_object('until', %(until)s::timestamptz, 'reason', %(reason)s::text)
    from kept
    order by id
)
select array(select id from kept order by id)
