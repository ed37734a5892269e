-- Let what has failed, or the one message that is asked for, be tried once more: at once where nothing waits before it
-- in its conversation, and behind what does otherwise. The webhook is locked by the statement before.
with asked as materialized (
    select webhook_id, message_id, conversation_id,
           row_number() over (partition by conversation_id order by message_id) = 1 as is_first
    from (
        select webhook_id, message_id, conversation_id
        from webhook_delivery
        where webhook_id = %(webhook)s
          and case when %(message)s::bigint is null then state = 'failed'
              else message_id = %(message)s::bigint and state <> 'waiting' end
        order by message_id
        limit %(limit)s
    ) as oldest
)
update webhook_delivery as delivery
set state = 'waiting',
    first_at = null,
    look_at = case
        when asked.conversation_id is null then bandeja_now()
        when asked.is_first and not exists (
            select from webhook_delivery as waiting
            where waiting.webhook_id = asked.webhook_id
              and waiting.conversation_id = asked.conversation_id
              and waiting.state = 'waiting'
        ) then bandeja_now()
    end
from asked
where delivery.webhook_id = asked.webhook_id and delivery.message_id = asked.message_id
