-- The contacts behind these identities, whether they are blocked, and what is known of them.
select identity.account_id, identity.kind, identity.value, identity.contact_id,
       contact.blocked_at is not null, contact.name, contact.email, contact.phone
from json_to_recordset(%(items)s::json) as item (account_id bigint, kind text, value text)
join identity using (account_id, kind, value)
join contact on contact.id = identity.contact_id
