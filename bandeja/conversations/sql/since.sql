-- What became of conversations since something was done to them, and so whether it may be taken back. `was`, the
-- expression before it, gives each as it was: (id, owner, team, unread, last_inbound_id, kept_at, kept_until, kept_by_id,
-- kept_reason, snoozed_at, withheld_at, withheld_for, armed_at, look_at, mark, closure). Fates: `left` alone since; `written` in, by
-- anybody but a machine of ours; `touched`, opened, closed, given away and the like; `undone` already. Machines' words are no reason to leave it
-- closed: a flow that thanks for the talk wherever it ends would keep everything shut (closing U2).
again as (
    select conversation.id, conversation.workspace_id, account_id, was.owner as owner_id, was.team as team_id
    from conversation
    join was using (id)
),
-- Each as it would be again: that is what has to lie within reach.
reached as materialized (
    select id from again where {within}
),
judged as materialized (
    select conversation.id, conversation.account_id, conversation.owner_id as left_to,
           conversation.team_id as team_left_to, was.owner, was.team, was.unread, was.kept_at, was.kept_until,
           was.kept_by_id, was.kept_reason, was.snoozed_at, was.withheld_at, was.withheld_for, was.armed_at, was.look_at, was.closure,
           conversation.answered_at, conversation.unheard_at,
           case
               when closure.undone_at is not null then 'undone'
               -- No channel delivers what is older than a week: the index need not look further back.
               when %(closed)s::boolean and exists (
                   select from message
                   where message.conversation_id = conversation.id and message.created_at > closure.closed_at
                     and message.at > closure.closed_at - interval '7 days' and not message.imported
                     and (message.counts or (message.direction <> 'in' and message.author_kind <> all('{flow,system}')))
               ) then 'written'
               when %(closed)s::boolean
                    and (conversation.status <> 'closed' or conversation.closed_at is distinct from closure.closed_at)
               then 'touched'
               when %(gave)s::boolean
                    and not ((was.owner is null
                              or exists (select from agent where agent.id = was.owner and is_active))
                             and (was.team is null or exists (select from team where team.id = was.team)))
               then 'touched'
               when %(unread)s::integer is not null
                    and (conversation.unread <> %(unread)s::integer
                         or conversation.last_inbound_id is distinct from was.last_inbound_id)
               then 'touched'
               when exists (
                   select from event
                   where event.conversation_id = conversation.id and event.id > coalesce(was.mark, %(mark)s)
                     and event.kind not in (
                         'message_received', 'message_sent', 'conversation_tagged', 'agents_called',
                         'conversation_kept', 'conversation_released', 'conversation_snoozed', 'conversation_woken',
                         'closing_withheld', 'closing_resumed', 'message_withheld'
                     )
               ) then 'touched'
               else 'left'
           end as fate
    from conversation
    join reached using (id)
    join was using (id)
    left join closure on closure.id = was.closure
)
