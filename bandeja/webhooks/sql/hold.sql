-- Hold the conversations that the published events in (after, upto] are told of: whoever erases or merges their contact
-- was done before we read what is told, or finds it and takes it along.
select from conversation
where id in (
    select coalesce(message.conversation_id, event.conversation_id)
    from event
    left join message on message.id = event.message_id
    where event.number > %(after)s::bigint and event.number <= %(upto)s::bigint
      and exists (
          select from webhook
          where webhook.id = any(%(webhooks)s::bigint[])
            and webhook.workspace_id = event.workspace_id
            and event.kind = any(webhook.events)
            and webhook.after_number < event.number
      )
)
order by id
for key share
