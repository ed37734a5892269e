-- Take back what a bulk action did: open what it closed, give back owners and unread counters, and record it. The
-- caller has locked the conversations before: what is read beside here is of after. What anybody touched is left.
with was as (
    select * from json_to_recordset(%(was)s::json) as was (
        id bigint, owner bigint, unread integer, last_inbound_id bigint
    )
),
untouched as materialized (
    select conversation.id, conversation.owner_id as left_to, was.owner, was.unread
    from conversation
    join was using (id)
    where conversation.workspace_id = %(workspace)s
      and (not %(closed)s::boolean or conversation.status = 'closed')
      and (not %(gave)s::boolean
           or conversation.owner_id is not distinct from %(owner)s::bigint
              and (was.owner is null or exists (select from agent where agent.id = was.owner and is_active)))
      and (%(unread)s::integer is null
           or conversation.unread = %(unread)s::integer
              and conversation.last_inbound_id is not distinct from was.last_inbound_id)
      and not exists (
          select from event
          where event.conversation_id = conversation.id and event.id > %(mark)s
            and event.kind not in ('message_received', 'message_sent')
      )
    order by conversation.id
    for update of conversation
),
instant as materialized (
    select coalesce(%(at)s::timestamptz, bandeja_now()) as at from (select count(*) from untouched) as locked
),
reverted as (
    update conversation set
        status = case when %(closed)s::boolean then 'open' else conversation.status end,
        closed_at = case when %(closed)s::boolean then null else conversation.closed_at end,
        opened_at = case when %(closed)s::boolean then instant.at else conversation.opened_at end,
        agent_opened_at = case when %(closed)s::boolean then instant.at else conversation.agent_opened_at end,
        owner_id = case when %(gave)s::boolean then untouched.owner else conversation.owner_id end,
        unread = case when %(unread)s::integer is null then conversation.unread else untouched.unread end
    from untouched, instant
    where conversation.id = untouched.id
    returning conversation.id, conversation.workspace_id, instant.at, untouched.left_to, untouched.owner
),
opened as (
    insert into event (workspace_id, conversation_id, kind, at, actor_kind, actor_id, data)
    select workspace_id, id, 'conversation_reopened', at, %(actor_kind)s, %(actor_id)s::bigint, '{"undone": true}'
    from reverted
    where %(closed)s::boolean
    order by id
),
given as (
    insert into event (workspace_id, conversation_id, kind, at, actor_kind, actor_id, data)
    select workspace_id, id, 'conversation_assigned', at, %(actor_kind)s, %(actor_id)s::bigint,
           jsonb_build_object('before', left_to, 'after', owner, 'undone', true)
    from reverted
    where %(gave)s::boolean and left_to is distinct from owner
    order by id
)
select array(select id from reverted order by id)
