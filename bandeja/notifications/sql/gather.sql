-- Turn the published events after the last one read into notifications for those they concern, and remember how far
-- that was. One reader at a time: another finds the row locked and leaves. What one has read meanwhile is not told.
with reader as materialized (
    select id, number from notification_reader where id = 1 for update skip locked
),
batch as materialized (
    select event.number, event.kind, event.at, event.workspace_id, event.conversation_id, event.actor_kind, event.actor_id, event.message_id,
           event.data
    from reader
    cross join lateral (
        select * from event where event.number > reader.number order by event.number limit %(limit)s
    ) as event
),
concerned as (
    select conversation.owner_id as agent_id, conversation.workspace_id, conversation.id as conversation_id,
           case batch.kind when 'conversation_assigned' then 'assigned' when 'closing_withheld' then 'waiting'
                else 'message' end as kind,
           case batch.actor_kind when 'agent' then batch.actor_id end as actor_id,
           batch.at, batch.number
    from batch
    join conversation on conversation.id = batch.conversation_id
    where conversation.owner_id is not null
      and batch.at > bandeja_now() - %(fresh)s::interval
      and (
          batch.kind = 'message_received' and conversation.unread > 0
          or batch.kind = 'closing_withheld' and conversation.withheld_for = 'waiting'
          or batch.kind = 'conversation_assigned'
             and (batch.data ->> 'after')::bigint = conversation.owner_id
             and (batch.actor_kind, batch.actor_id) is distinct from ('agent', conversation.owner_id)
      )
    union all
    select mention.agent_id, mention.workspace_id, mention.conversation_id, 'mentioned',
           case batch.actor_kind when 'agent' then batch.actor_id end, batch.at, batch.number
    from batch
    join mention on mention.message_id = batch.message_id
    where batch.kind = 'message_sent' and mention.seen_at is null and batch.at > bandeja_now() - %(fresh)s::interval
    union all
    select called.agent_id, batch.workspace_id, batch.conversation_id, 'called', null, batch.at, batch.number
    from batch
    cross join lateral jsonb_array_elements_text(batch.data -> 'agents') as each (agent_id)
    cross join lateral (select each.agent_id::bigint as agent_id) as called
    where batch.kind = 'agents_called' and batch.at > bandeja_now() - %(fresh)s::interval
    union all
    -- Whoever snoozed it and whoever has it, once each, where it came back by itself (closing S2).
    select each.agent_id, conversation.workspace_id, conversation.id, 'woken', null, batch.at, batch.number
    from batch
    join conversation on conversation.id = batch.conversation_id
    cross join lateral (
        select conversation.owner_id as agent_id union select (batch.data ->> 'by')::bigint
    ) as each
    where batch.kind = 'conversation_woken' and batch.actor_kind = 'system' and each.agent_id is not null
      and conversation.status = 'open' and conversation.snoozed_at is null
      and batch.at > bandeja_now() - %(fresh)s::interval
),
wanted as (
    select concerned.agent_id, concerned.workspace_id, concerned.conversation_id, concerned.kind,
           count(*) as count, max(concerned.at) as at,
           (array_agg(concerned.actor_id order by concerned.number desc))[1] as actor_id,
           not coalesce(bool_or(preference.quiet), false)
               and exists (select from notification_device where notification_device.agent_id = concerned.agent_id)
               as is_pushed
    from concerned
    join agent on agent.id = concerned.agent_id and agent.is_active
    left join notification_preference as preference on preference.agent_id = concerned.agent_id
    where case concerned.kind
              when 'assigned' then preference.on_assigned
              when 'mentioned' then preference.on_mentioned
              when 'called' then true
              when 'woken' then true
              when 'waiting' then preference.on_waiting
              else preference.on_message
          end is not false
    group by concerned.agent_id, concerned.workspace_id, concerned.conversation_id, concerned.kind
),
told as (
    insert into notification (workspace_id, agent_id, conversation_id, kind, actor_id, count, at, push_at, push_tries)
    select workspace_id, agent_id, conversation_id, kind, actor_id, count, at,
           case when is_pushed then bandeja_now() + %(first)s::interval end, 0
    from wanted
    order by agent_id, conversation_id, kind
    on conflict (agent_id, conversation_id, kind) where read_at is null do update set
        count = notification.count + excluded.count,
        at = excluded.at,
        actor_id = excluded.actor_id,
        -- Who has been told already is told again, but not at every message.
        push_at = coalesce(notification.push_at, excluded.push_at + %(again)s::interval),
        push_tries = case when notification.push_at is null then 0 else notification.push_tries end
    returning agent_id
),
moved as (
    update notification_reader set number = (select max(number) from batch)
    from reader
    where notification_reader.id = reader.id and exists (select from batch)
)
select (select count(*) from batch), array(select distinct agent_id from told)
