-- Take a lease of deliveries that are due, each webhook as many as it may have under way, in turn. One that is failing
-- is tried with one at a time; a disabled or resting one with none, but for tests, which go out whatever it does.
with listening as (
    select webhook.id,
           case when webhook.failures > 0 then 1 else %(each)s end - coalesce(busy.count, 0) as free,
           webhook.disabled_at is null and webhook.look_at <= bandeja_now() as is_ready
    from webhook
    left join unnest(%(busy)s::bigint[], %(counts)s::integer[]) as busy (id, count) on busy.id = webhook.id
    where webhook.deleted_at is null
),
due as (
    select listening.id as webhook_id, next.message_id,
           row_number() over (partition by listening.id order by next.look_at, next.message_id) as turn
    from listening
    cross join lateral (
        select message_id, look_at
        from webhook_delivery
        where webhook_id = listening.id and look_at <= bandeja_now()
          and exists (select from webhook_message where webhook_message.id = message_id)
        order by look_at, message_id
        limit greatest(listening.free, 0)
    ) as next
    where listening.is_ready
    union all
    select listening.id, test.message_id, 1
    from listening
    cross join lateral (
        select message_id
        from webhook_delivery
        where webhook_id = listening.id and conversation_id is null and look_at is not null
          and look_at <= bandeja_now()
        limit 1
    ) as test
    where not listening.is_ready
),
chosen as materialized (
    -- Without waiting for anybody: what another worker takes in this instant is left to it.
    select delivery.webhook_id, delivery.message_id
    from due
    join webhook_delivery as delivery using (webhook_id, message_id)
    where delivery.look_at <= bandeja_now()
    order by due.turn, due.webhook_id
    limit %(limit)s
    for update of delivery skip locked
)
update webhook_delivery as delivery
set look_at = bandeja_now() + %(lease)s::interval,
    tries = delivery.tries + 1,
    first_at = coalesce(delivery.first_at, bandeja_now())
from chosen
join webhook on webhook.id = chosen.webhook_id
join webhook_message as message on message.id = chosen.message_id
where delivery.webhook_id = chosen.webhook_id and delivery.message_id = chosen.message_id
returning delivery.webhook_id, delivery.message_id, delivery.tries, webhook.failures, webhook.url, webhook.secret,
          case when webhook.old_until > bandeja_now() then webhook.old_secret else '' end, message.body, bandeja_now()
