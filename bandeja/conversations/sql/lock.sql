-- Lock these conversations, in the order of their ids like everybody else does.
select conversation.id, conversation.account_id, conversation.contact_id
from conversation
join unnest(%(account)s::bigint[], %(contact)s::bigint[]) as item (account_id, contact_id)
    using (account_id, contact_id)
order by conversation.id
for update of conversation
