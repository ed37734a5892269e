-- Open these conversations again, by an agent, if they are closed as they were when seen: it arms nothing, and starts no "opened by message" (closing E2).
with chosen as materialized (
    select id
    from conversation
    where id = any(%(ids)s::bigint[])
      and {within}
      and status = 'closed'
      and (%(seen)s::timestamptz is null or closed_at = %(seen)s::timestamptz)
    order by id
    for update
),
instant as materialized (
    select coalesce(%(at)s::timestamptz, bandeja_now()) as at from (select count(*) from chosen) as locked
),
reopened as (
    update conversation set status = 'open', closed_at = null, opened_at = instant.at, agent_opened_at = instant.at,
        unheard_at = null
    from chosen, instant
    where conversation.id = chosen.id
    returning conversation.id, conversation.workspace_id, instant.at
),
told as (
    insert into event (workspace_id, conversation_id, kind, at, actor_kind, actor_id)
    select workspace_id, id, 'conversation_reopened', at, %(actor_kind)s, %(actor_id)s::bigint
    from reopened
    order by id
)
select array(select id from reopened)
