-- Lock these conversations, in the order of their ids like everybody else does, and say how they were found.
select conversation.id, conversation.account_id, conversation.contact_id, conversation.status = 'closed',
       conversation.agent_opened_at
from conversation
where id in (
    select known.id
    from json_to_recordset(%(items)s::json) as item (account_id bigint, contact_id bigint)
    join conversation known using (account_id, contact_id)
    union all
    select unnest(%(also)s::bigint[])
)
order by conversation.id
for update of conversation
