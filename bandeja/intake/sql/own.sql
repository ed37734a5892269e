-- Which messages of ours each echo may repeat, the likeliest first: to the same contact, with the same text, of unknown
-- fate, and handed to the channel at most two minutes before, however long they waited for that: a week at the most, for
-- then nobody may be written to without a template any more.
select told.account_id, told.external_id, message.id
from json_to_recordset(%(items)s::json) as told (
    account_id bigint, external_id text, kind text, value text, text text, at timestamptz
)
join identity using (account_id, kind, value)
join conversation on conversation.account_id = told.account_id and conversation.contact_id = identity.contact_id
cross join lateral (
    select id, at from message
    where message.conversation_id = conversation.id and direction = 'out' and state in ('sending', 'unknown')
      and message.text = told.text
      and message.at between told.at - interval '7 days' and told.at + interval '1 minute'
      and coalesce(state_at, message.at) >= told.at - interval '2 minutes'
    order by message.at, message.id
    limit 20
) as message
where not exists (
    select from message known
    where known.account_id = told.account_id and known.external_id = told.external_id
)
order by told.at, told.external_id, message.at, message.id
