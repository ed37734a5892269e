-- Make deliveries of the published events in (after, upto] that some webhook wants. What is told is written once for
-- all of them; what stands behind another of its conversation waits for it without being looked at. The webhooks are
-- locked by a statement before, so that none settles a delivery between our look and our commit.
with listening as materialized (
    select id, workspace_id, events, after_number
    from webhook
    where id = any(%(webhooks)s::bigint[])
),
batch as materialized (
    -- A message is where it is by now: one that took its conversation in took it along.
    select number, workspace_id, kind, at, actor_kind, actor_id, message_id, closure_id, data,
           coalesce((select message.conversation_id from message where message.id = event.message_id),
                    event.conversation_id) as conversation_id
    from event
    where event.number > %(after)s::bigint and event.number <= %(upto)s::bigint
      and exists (
          select from listening
          where listening.workspace_id = event.workspace_id
            and event.kind = any(listening.events)
            and listening.after_number < event.number
      )
),
told as (
    insert into webhook_message (id, workspace_id, conversation_id, kind, body)
    select batch.number, batch.workspace_id, batch.conversation_id, batch.kind,
           json_build_object(
               'type', batch.kind,
               'timestamp', batch.at,
               'data', json_build_object(
                   'number', batch.number,
                   'actor', json_build_object(
                       'kind', batch.actor_kind,
                       'id', batch.actor_id,
                       'name', case batch.actor_kind
                           when 'agent' then coalesce(nullif(actor.name, ''), actor.email)
                           when 'contact' then contact.name
                       end
                   ),
                   'account', json_build_object('id', account.id, 'channel', account.channel, 'name', account.name),
                   'contact', json_build_object(
                       'id', contact.id, 'kind', contact.kind, 'name', contact.name, 'email', contact.email,
                       'phone', contact.phone
                   ),
                   'conversation', json_build_object(
                       'id', conversation.id,
                       'status', conversation.status,
                       'owner', case when owner.id is not null
                           then json_build_object('id', owner.id, 'name', coalesce(nullif(owner.name, ''), owner.email))
                       end,
                       'team', case when team.id is not null
                           then json_build_object('id', team.id, 'name', team.name)
                       end,
                       'unread', conversation.unread,
                       'opened_at', conversation.opened_at
                   ),
                   case
                       when batch.kind = 'conversation_closed' then 'closure'
                       when batch.kind in ('message_received', 'message_sent') then 'message'
                       else 'details'
                   end,
                   case
                       when batch.kind = 'conversation_closed' then (
                           select json_build_object(
                               'id', closure.id,
                               'cause', closure.cause,
                               'reason', closure.reason,
                               'rule', case when closure.rule_id is not null then json_build_object(
                                   'id', closure.rule_id, 'name', closure.rule_name,
                                   'amount', closure.rule_amount, 'unit', closure.rule_unit
                               ) end,
                               'unheard', closure.unheard,
                               'last_inbound_at', closure.last_inbound_at,
                               'armed_at', closure.armed_at,
                               'due_at', closure.deadline,
                               'closed_at', closure.closed_at,
                               'owner', case when holder.id is not null then json_build_object(
                                   'id', holder.id, 'name', coalesce(nullif(holder.name, ''), holder.email)
                               ) end,
                               'unread', closure.unread
                           )
                           from closure
                           left join agent as holder on holder.id = closure.owner_id
                           where closure.id = batch.closure_id
                       )
                       when batch.kind in ('message_received', 'message_sent') then (
                           select json_build_object(
                               'id', message.id,
                               'direction', message.direction,
                               'kind', message.kind,
                               'text', message.text,
                               'author', json_build_object('kind', message.author_kind, 'id', message.author_id),
                               'at', message.at,
                               'attachments', coalesce((
                                   select json_agg(json_build_object(
                                       'id', attachment.id, 'kind', attachment.kind, 'mime', attachment.mime,
                                       'name', attachment.name
                                   ) order by attachment.position)
                                   from attachment
                                   where attachment.message_id = message.id
                               ), '[]')
                           )
                           from message
                           where message.id = batch.message_id
                       )
                       when batch.kind = 'conversation_assigned' then json_build_object(
                           'owner_before', batch.data -> 'before',
                           'owner', batch.data -> 'after',
                           'team_before', batch.data -> 'team_before',
                           'team', batch.data -> 'team'
                       )
                       else batch.data::json
                   end
               )
           )::text
    from batch
    join conversation on conversation.id = batch.conversation_id
    join contact on contact.id = conversation.contact_id
    join account on account.id = conversation.account_id
    left join agent as actor on batch.actor_kind = 'agent' and actor.id = batch.actor_id
    left join agent as owner on owner.id = conversation.owner_id
    left join team on team.id = conversation.team_id
    order by batch.number
    returning id, workspace_id, conversation_id, kind
),
wanted as (
    select listening.id as webhook_id, told.id as message_id, told.conversation_id,
           row_number() over (partition by listening.id, told.conversation_id order by told.id) = 1 as is_first
    from told
    join listening on listening.workspace_id = told.workspace_id
        and told.kind = any(listening.events)
        and listening.after_number < told.id
)
insert into webhook_delivery (webhook_id, message_id, conversation_id, look_at)
select webhook_id, message_id, conversation_id,
       case when is_first and not exists (
           select from webhook_delivery as before
           where before.webhook_id = wanted.webhook_id
             and before.conversation_id = wanted.conversation_id
             and before.state = 'waiting'
       ) then bandeja_now() end
from wanted
order by webhook_id, message_id
