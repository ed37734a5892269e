-- The contacts behind these identities, whether they are blocked, what is known of them, and the conversation each has.
select identity.account_id, identity.kind, identity.value, identity.contact_id, conversation.id,
       contact.blocked_at is not null, contact.name, contact.email, contact.phone
from json_to_recordset(%(items)s::json) as item (account_id bigint, kind text, value text)
join identity using (account_id, kind, value)
join contact on contact.id = identity.contact_id
left join conversation
    on conversation.account_id = identity.account_id and conversation.contact_id = identity.contact_id
