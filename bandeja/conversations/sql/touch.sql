-- Widen windows and correct what the list shows; a window only widens. Locked in one order, if not locked before.
with told as (
    select * from json_to_recordset(%(touches)s::json) as told (
        id bigint, window_at timestamptz, free_until timestamptz, text_at timestamptz, text text,
        address text
    )
),
locked as materialized (
    select conversation.id from conversation join told using (id)
    order by conversation.id
    for update of conversation
)
update conversation set
    window_at = greatest(conversation.window_at, told.window_at),
    free_until = greatest(conversation.free_until, told.free_until),
    last_message_text = case when told.text_at >= conversation.last_message_at
                        then told.text else conversation.last_message_text end,
    address = coalesce(told.address, conversation.address)
from told
join locked using (id)
where conversation.id = told.id
