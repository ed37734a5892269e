-- Which of these messages were joined before.
select account_id, external_id
from json_to_recordset(%(items)s::json) as item (account_id bigint, external_id text)
join message using (account_id, external_id)
