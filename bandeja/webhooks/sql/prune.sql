-- Delete a batch of deliveries that are old, with their attempts, and of messages that no delivery is left of. All of a
-- removed webhook is old. What still waits goes too: nobody has wanted it for as long as the log is kept.
with old as materialized (
    select coalesce(max(id), 0) as upto
    from (
        select id from webhook_message
        where created_at < bandeja_now() - %(kept)s::interval
        order by created_at
        limit %(limit)s
    ) as oldest
),
going as materialized (
    select webhook.id as webhook_id, delivery.message_id
    from webhook
    cross join old
    cross join lateral (
        select message_id
        from webhook_delivery
        where webhook_id = webhook.id and (webhook.deleted_at is not null or message_id <= old.upto)
        order by message_id
        limit %(limit)s
    ) as delivery
    limit %(limit)s
),
attempts as (
    delete from webhook_attempt using going
    where webhook_attempt.webhook_id = going.webhook_id and webhook_attempt.message_id = going.message_id
),
deliveries as (
    delete from webhook_delivery using going
    where webhook_delivery.webhook_id = going.webhook_id and webhook_delivery.message_id = going.message_id
    returning webhook_delivery.webhook_id, webhook_delivery.conversation_id, webhook_delivery.state
),
messages as (
    delete from webhook_message using old
    where webhook_message.id <= old.upto and not exists (select from going)
    returning 1
)
select (select count(*) from deliveries), (select count(*) from messages),
       array(select id from webhook where deleted_at is not null and not exists (
           select from webhook_delivery where webhook_delivery.webhook_id = webhook.id
       )),
       -- What stood first in its lane: another stands first now.
       (select coalesce(json_agg(distinct jsonb_build_array(webhook_id, conversation_id)), '[]')::text
        from deliveries where state = 'waiting' and conversation_id is not null)
