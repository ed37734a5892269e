-- Give up waiting for answers that are overdue: those messages are of unknown fate, and their conversations go on. Where
-- only a file was being handed over nothing was sent, so it is tried again, after a patience of its own.
with overdue as materialized (
    select message.id, message.state
    from outgoing
    join message on message.id = outgoing.message_id
    where outgoing.sending_at < bandeja_now() - make_interval(
        secs => case message.state when 'queued' then %(files)s::float8 else %(patience)s::float8 end
    )
    order by message.id
    for update of message, outgoing skip locked
),
gone as (
    delete from outgoing using overdue where outgoing.message_id = overdue.id and overdue.state <> 'queued'
),
back as (
    update outgoing set sending_at = null from overdue
    where outgoing.message_id = overdue.id and overdue.state = 'queued'
),
lost as (
    update message set state = 'unknown', state_at = bandeja_now()
    from overdue
    where message.id = overdue.id and overdue.state = 'sending'
    returning message.workspace_id, message.conversation_id
)
select (select count(*) from overdue),
       array(select distinct workspace_id from lost), array(select distinct conversation_id from lost)
