-- Write down what became of messages that were handed to their channel; they are locked. Only upward: what a status or
-- an echo has told meanwhile stays. An answer counts for the claim it was made under, or for a message of unknown fate;
-- that the channel took it, and so has an id of it, counts always. What may be tried again waits, and keeps its place in its conversation.
with result as materialized (
    select * from json_to_recordset(%(results)s::json) as result (
        message_id bigint, claimed_at timestamptz, state text, external_id text, error jsonb, wait float8
    )
),
instant as materialized (
    select bandeja_now() as at from (select count(*) from result) as given
),
known as materialized (
    select result.*, message.workspace_id, message.account_id, message.conversation_id,
           message.state in ('queued', 'sending', 'unknown') as is_open,
           case when outgoing.message_id is null then message.state = 'unknown'
                else coalesce(outgoing.sending_at = result.claimed_at, false) end as is_current
    from result
    join message on message.id = result.message_id
    left join outgoing on outgoing.message_id = result.message_id
),
settled as (
    update message
    set state = case when is_open then known.state else message.state end,
        state_at = case when is_open then instant.at else message.state_at end,
        error = case when is_open then case known.state when 'failed' then known.error end else message.error end,
        external_id = case when is_open then coalesce(known.external_id, message.external_id)
                           else coalesce(message.external_id, known.external_id) end
    from known, instant
    where message.id = known.message_id and (known.external_id is not null or (is_current and is_open))
    returning message.workspace_id, message.conversation_id
),
gone as (
    delete from outgoing using known
    where outgoing.message_id = known.message_id
      and (known.external_id is not null or (is_current and not (known.state = 'queued' and is_open)))
),
back as (
    insert into outgoing (message_id, account_id, conversation_id, look_at, tries)
    select message_id, account_id, conversation_id, instant.at + wait * interval '1 second', 1
    from known, instant
    where known.state = 'queued' and is_current and is_open
    on conflict (message_id) do update
        set sending_at = null, look_at = excluded.look_at, tries = least(outgoing.tries + 1, 1000)
)
select array(select distinct workspace_id from settled), array(select distinct conversation_id from settled)
