-- Count these messages as being sent from now on, for their files are with the channel; only those still claimed by us.
with file as materialized (
    select message_id, claimed_at, remote
    from json_to_recordset(%(files)s::json) as file (message_id bigint, claimed_at timestamptz, remote text)
),
held as materialized (
    select message.id, file.claimed_at, file.remote
    from file
    join message on message.id = file.message_id
    where message.state = 'queued'
    order by message.id
    for update of message
),
instant as materialized (
    select bandeja_now() as at from (select count(*) from held) as locked
),
stamped as (
    update outgoing set sending_at = instant.at
    from held, instant
    where outgoing.message_id = held.id and outgoing.sending_at = held.claimed_at
    returning outgoing.message_id, outgoing.sending_at, held.remote
),
kept as (
    update attachment set remote = stamped.remote
    from stamped
    where attachment.message_id = stamped.message_id and file <> '' and stamped.remote <> ''
)
update message set state = 'sending', state_at = stamped.sending_at
from stamped
where message.id = stamped.message_id
returning message.id, stamped.sending_at
