-- Take back what was done to conversations: open what was closed, give back owners and unread counters, and record it.
-- The caller has locked the conversations before: what is read beside here is of after. What anybody touched is left.
-- A clock runs on if it would run out later than now (`look_at` says when); then, and where it was kept open or its
-- closing withheld, nothing tells that it was closed in between. Else it opens as when an agent opens it, without a clock (closing E2, U3).
with was as (
    select * from json_to_recordset(%(was)s::json) as was (
        id bigint, owner bigint, team bigint, unread integer, last_inbound_id bigint,
        kept_at timestamptz, kept_until timestamptz, kept_by_id bigint, kept_reason text, snoozed_at timestamptz,
        withheld_at timestamptz, withheld_for text,
        armed_at timestamptz, look_at timestamptz, mark bigint, closure bigint
    )
),
{since},
instant as materialized (
    select coalesce(%(at)s::timestamptz, bandeja_now()) as at from (select count(*) from judged) as read
),
untouched as materialized (
    select judged.*, instant.at, kept_at is null and look_at > instant.at as runs,
           kept_at is not null or withheld_at is not null or coalesce(look_at > instant.at, false) as goes_on
    from judged
    cross join instant
    where fate = 'left'
    order by id
),
reverted as (
    update conversation set
        status = case when %(closed)s::boolean then 'open' else conversation.status end,
        closed_at = case when %(closed)s::boolean then null else conversation.closed_at end,
        opened_at = case when %(closed)s::boolean and not goes_on then at else conversation.opened_at end,
        agent_opened_at = case when %(closed)s::boolean and not goes_on then at else conversation.agent_opened_at end,
        unheard_at = case when not %(closed)s::boolean or goes_on then conversation.unheard_at end,
        armed_at = case when not %(closed)s::boolean then conversation.armed_at when runs then untouched.armed_at end,
        look_at = case when not %(closed)s::boolean then conversation.look_at when runs then untouched.look_at end,
        kept_at = case when %(closed)s::boolean then untouched.kept_at else conversation.kept_at end,
        kept_until = case when %(closed)s::boolean then untouched.kept_until else conversation.kept_until end,
        kept_by_id = case when %(closed)s::boolean then untouched.kept_by_id else conversation.kept_by_id end,
        kept_reason = case when %(closed)s::boolean then coalesce(untouched.kept_reason, '')
                      else conversation.kept_reason end,
        snoozed_at = case when %(closed)s::boolean then untouched.snoozed_at else conversation.snoozed_at end,
        withheld_at = case when %(closed)s::boolean then untouched.withheld_at else conversation.withheld_at end,
        withheld_for = case when %(closed)s::boolean then coalesce(untouched.withheld_for, '')
                       else conversation.withheld_for end,
        owner_id = case when %(gave)s::boolean then untouched.owner else conversation.owner_id end,
        team_id = case when %(gave)s::boolean then untouched.team else conversation.team_id end,
        unread = case when %(closed)s::boolean or %(unread)s::integer is not null then untouched.unread
                 else conversation.unread end
    from untouched
    where conversation.id = untouched.id
    returning conversation.id, conversation.workspace_id, untouched.at, untouched.left_to, untouched.owner,
              untouched.team_left_to, untouched.team, untouched.closure
),
marked as (
    update closure set undone_at = reverted.at, undone_by_id = %(actor_id)s::bigint
    from reverted
    where closure.id = reverted.closure and %(closed)s::boolean
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
select array(select id from reverted order by id),
       (select json_object_agg(id, fate) from judged)
