-- Which of these messages were joined before, and the conversation of those that only history has told of.
select account_id, external_id, case when imported then conversation_id end
from json_to_recordset(%(items)s::json) as item (account_id bigint, external_id text)
join message using (account_id, external_id)
