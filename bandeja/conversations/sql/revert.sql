-- Take back what a bulk action did: open what it closed, give back owners and unread counters, and record it. The
-- caller has locked the conversations before: what is read beside here is of after. What anybody touched is left.
with was as (
    select * from json_to_recordset(%(was)s::json) as was (
        id bigint, owner bigint, team bigint, unread integer, last_inbound_id bigint,
        kept_at timestamptz, kept_until timestamptz, kept_by_id bigint, kept_reason text
    )
),
-- Each as it would be again: that is what has to lie within reach.
again as (
    select conversation.id, workspace_id, account_id, was.owner as owner_id, was.team as team_id, was.unread,
           was.last_inbound_id, was.kept_at, was.kept_until, was.kept_by_id, was.kept_reason
    from conversation
    join was using (id)
),
reached as materialized (
    select id, owner_id as owner, team_id as team, unread, last_inbound_id, kept_at, kept_until, kept_by_id, kept_reason
    from again
    where {within}
),
untouched as materialized (
    select conversation.id, conversation.owner_id as left_to, conversation.team_id as team_left_to,
           was.owner, was.team, was.unread, was.kept_at, was.kept_until, was.kept_by_id, was.kept_reason
    from conversation
    join reached as was using (id)
    where (not %(closed)s::boolean or conversation.status = 'closed')
      and (not %(gave)s::boolean
           or (was.owner is null or exists (select from agent where agent.id = was.owner and is_active))
              and (was.team is null or exists (select from team where team.id = was.team)))
      and (%(unread)s::integer is null
           or conversation.unread = %(unread)s::integer
              and conversation.last_inbound_id is not distinct from was.last_inbound_id)
      and not exists (
          select from event
          where event.conversation_id = conversation.id and event.id > %(mark)s
            and event.kind not in (
                'message_received', 'message_sent', 'conversation_tagged', 'agents_called', 'conversation_kept',
                'conversation_released', 'closing_withheld', 'closing_resumed'
            )
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
        kept_at = case when %(closed)s::boolean then untouched.kept_at else conversation.kept_at end,
        kept_until = case when %(closed)s::boolean then untouched.kept_until else conversation.kept_until end,
        kept_by_id = case when %(closed)s::boolean then untouched.kept_by_id else conversation.kept_by_id end,
        kept_reason = case when %(closed)s::boolean then coalesce(untouched.kept_reason, '')
                      else conversation.kept_reason end,
        owner_id = case when %(gave)s::boolean then untouched.owner else conversation.owner_id end,
        team_id = case when %(gave)s::boolean then untouched.team else conversation.team_id end,
        unread = case when %(unread)s::integer is null then conversation.unread else untouched.unread end
    from untouched, instant
    where conversation.id = untouched.id
    returning conversation.id, conversation.workspace_id, instant.at, untouched.left_to, untouched.owner,
              untouched.team_left_to, untouched.team
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
    select reverted.workspace_id, reverted.id, 'conversation_assigned', at, %(actor_kind)s, %(actor_id)s::bigint,
           jsonb_build_object('before', left_to, 'after', owner, 'undone', true)
           || jsonb_strip_nulls(jsonb_build_object('team_before', team_left_to, 'team', team, 'team_name', named.name))
    from reverted
    left join team as named on named.id = reverted.team
    where %(gave)s::boolean and (left_to, team_left_to) is distinct from (owner, team)
    order by reverted.id
)
select array(select id from reverted order by id), array(select id from reached)
