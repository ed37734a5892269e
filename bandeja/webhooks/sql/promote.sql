-- What stands first in these lanes now may be tried: the one before it is done with.
update webhook_delivery as delivery
set look_at = bandeja_now()
from unnest(%(webhooks)s::bigint[], %(conversations)s::bigint[]) as lane (webhook_id, conversation_id)
cross join lateral (
    select message_id
    from webhook_delivery as waiting
    where waiting.webhook_id = lane.webhook_id
      and waiting.conversation_id = lane.conversation_id
      and waiting.state = 'waiting'
    order by message_id
    limit 1
) as first
where delivery.webhook_id = lane.webhook_id and delivery.message_id = first.message_id and delivery.look_at is null
