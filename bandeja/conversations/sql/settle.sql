-- What became of messages we sent: told of one, by the channel's id of it or by the handle we gave; or of all that a
-- contact was sent up to an instant, of which the latest are looked at, for those before were told of earlier. A message
-- may have waited long: what was taken after that instant was not among it, however early it was written.
-- A state only rises, so all this may come in any order and any number of times. What is known to have left waits to
-- be sent no more. Everything is locked by one statement in one order: two batches never wait in a circle.
with told as (
    select * from json_to_recordset(%(statuses)s::json) as told (
        account_id bigint, external_id text, message_id bigint, state text, rank int, at timestamptz, error jsonb
    )
),
mark as (
    select * from json_to_recordset(%(marks)s::json) as mark (
        account_id bigint, kind text, value text, state text, rank int, until timestamptz
    )
),
found as (
    select message.id, told.external_id, told.state, told.rank, told.at, told.error
    from told
    join message on message.account_id = told.account_id and message.external_id = told.external_id
    where told.external_id <> ''
    union all
    select message.id, told.external_id, told.state, told.rank, told.at, told.error
    from told
    join message on message.id = told.message_id and message.account_id = told.account_id
        -- What was sent again has another id by now: this tells of an earlier attempt. Only while it is being sent,
        -- or nobody knows whether it was, may it be the other way round.
        and (message.external_id is null or told.external_id in ('', message.external_id)
             or message.state in ('sending', 'unknown'))
    union all
    select recent.id, '', mark.state, mark.rank, mark.until, null
    from mark
    join identity using (account_id, kind, value)
    join conversation on conversation.account_id = mark.account_id and conversation.contact_id = identity.contact_id
    cross join lateral (
        select id, direction, state, greatest(coalesce(provider_at, at), state_at - %(skew)s * interval '1 second') as at
        from message
        where message.conversation_id = conversation.id
        order by message.at desc, message.id desc
        limit %(latest)s
    ) as recent
    -- What waits to be sent, or may never have left, was not among what came.
    where recent.direction = 'out' and recent.state in ('accepted', 'sent', 'delivered', 'read')
      and recent.at <= mark.until
),
best as materialized (
    select distinct on (id) id, state, rank, at, error,
           max(external_id) over (partition by id) as external_id
    from found
    order by id, rank desc, at
),
locked as materialized (
    select message.id
    from message
    join best using (id)
    where message.direction = 'out'
    order by message.id
    for update of message
),
moved as (
    update message set
        state = best.state,
        state_at = coalesce(best.at, bandeja_now()),
        error = best.error,
        external_id = case
            when best.external_id = '' or exists (
                select from message taken
                where taken.account_id = message.account_id and taken.external_id = best.external_id
            ) then message.external_id
            when message.external_id is null or message.state in ('sending', 'unknown') then best.external_id
            else message.external_id end
    from best
    join locked using (id)
    where message.id = best.id and best.rank > coalesce(array_position(%(ranks)s::text[], message.state::text), 0)
      -- Sent again, it keeps the id of the attempt that failed until it has another: what is repeated of that one is
      -- old news, unless it came after all.
      and not (message.state in ('queued', 'sending', 'unknown') and best.state in ('accepted', 'sent', 'failed')
               and message.external_id is not distinct from best.external_id)
    returning message.id, message.conversation_id, message.workspace_id
),
gone as (
    delete from outgoing using moved where outgoing.message_id = moved.id
)
select distinct conversation_id, workspace_id from moved
