-- Which message of ours each echo repeats: to the same contact, with the same text, of unknown fate, and written at most
-- two minutes before. One message answers for one echo.
select distinct on (message.id) told.account_id, told.external_id, message.id
from json_to_recordset(%(items)s::json) as told (
    account_id bigint, external_id text, kind text, value text, text text, at timestamptz
)
join identity using (account_id, kind, value)
join conversation on conversation.account_id = told.account_id and conversation.contact_id = identity.contact_id
cross join lateral (
    select id from message
    where message.conversation_id = conversation.id and direction = 'out' and state in ('sending', 'unknown')
      and message.text = told.text
      and message.at between told.at - interval '2 minutes' and told.at + interval '1 minute'
    order by message.at, message.id
    limit 1
) as message
where not exists (
    select from message known
    where known.account_id = told.account_id and known.external_id = told.external_id
)
order by message.id, told.at
