-- Take the heads of conversations that are due, as many of each account as it has room for, skipping what another
-- holds: it waits for nobody. A message that has a file to hand over first stays queued until that is done; what the
-- channel turned out to have taken already is not sent again, and what has waited since before the account was connected
-- anew fails: nobody expects it any more. So does what a closing rule wrote that is true no more: its time is over, the
-- contact has written since, or the conversation is not as it says (closing W3, W4, W6).
-- They answer without sending_at, the last two with where it is.
with room as (
    select account_id, most, account.connected_at
    from unnest(%(accounts)s::bigint[], %(most)s::int[]) as room (account_id, most)
    join account on account.id = account_id
),
head as materialized (
    select taken.message_id, taken.state, is_late,
           is_late or taken.state = 'queued' and taken.state_at < room.connected_at as is_stale
    from room
    cross join lateral (
        select outgoing.message_id, outgoing.conversation_id, message.state, message.state_at, message.at,
               message.data ->> 'closing' as closing,
               case when message.data ? 'closing' then (message.data ->> 'until')::timestamptz end as until
        from outgoing
        join message on message.id = outgoing.message_id
        where outgoing.account_id = room.account_id
          and outgoing.sending_at is null
          and outgoing.look_at <= (select bandeja_now())
          and not exists (
              select from outgoing as other
              where other.conversation_id = outgoing.conversation_id
                and (other.message_id < outgoing.message_id or other.sending_at is not null)
          )
        order by outgoing.look_at, outgoing.message_id
        limit room.most
        for update of outgoing, message skip locked
    ) as taken
    -- Who sends it again means it: it has no end from then on.
    cross join lateral (
        select taken.state = 'queued' and closing is not null and until is not null and (
            until <= bandeja_now()
            or exists (
                select from conversation
                where conversation.id = taken.conversation_id
                  and (last_inbound_at > taken.at or status <> case closing when 'warning' then 'open' else 'closed' end)
            )
        ) as is_late
    ) as judged
),
instant as materialized (
    select bandeja_now() as at from (select count(*) from head) as locked
),
done as (
    delete from outgoing using head
    where outgoing.message_id = head.message_id
      and (head.is_stale or head.state not in ('queued', 'sending', 'unknown'))
),
stale as (
    update message set state = 'failed', state_at = instant.at, error = case when head.is_late then %(late)s::jsonb else %(disconnected)s::jsonb end
    from head, instant
    where message.id = head.message_id and head.is_stale
    returning message.id, message.workspace_id, message.conversation_id
),
taken as (
    update outgoing set sending_at = instant.at
    from head, instant
    where outgoing.message_id = head.message_id and not head.is_stale
      and head.state in ('queued', 'sending', 'unknown')
    returning outgoing.message_id, outgoing.sending_at, outgoing.tries
),
begun as (
    update message set state = 'sending', state_at = taken.sending_at
    from taken
    where message.id = taken.message_id
      and not exists (
          select from attachment where attachment.message_id = message.id and file <> '' and remote = ''
      )
    returning message.id
)
select head.message_id, taken.sending_at, taken.tries, begun.id is not null as begun,
       stale.workspace_id, stale.conversation_id
from head
left join taken using (message_id)
left join begun on begun.id = head.message_id
left join stale on stale.id = head.message_id
