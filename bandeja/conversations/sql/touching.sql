-- What is told of conversations besides messages: that a contact's doing opened the channel's window, that the channel
-- says how long we may write freely, that the message the list shows was edited or unsent, that the address we answer
-- to has changed. An edit that was written down before is old news, and so is one that comes after a later one, or after
-- the unsending. Reads only: its answer says which conversations must be locked, and what touch.sql then does.
with doing as (
    select conversation.id, max(told.at) as at
    from json_to_recordset(%(doings)s::json) as told (account_id bigint, kind text, value text, at timestamptz)
    join identity using (account_id, kind, value)
    join conversation on conversation.account_id = told.account_id and conversation.contact_id = identity.contact_id
    group by conversation.id
),
freed as (
    select message.conversation_id as id, max(told.free_until) as free_until
    from json_to_recordset(%(freed)s::json) as told (
        account_id bigint, external_id text, message_id bigint, free_until timestamptz
    )
    join message on message.account_id = told.account_id
        and (message.external_id = told.external_id or message.id = told.message_id)
    group by message.conversation_id
),
changed as (
    select distinct on (message.conversation_id) message.conversation_id as id, message.at, told.text
    from json_to_recordset(%(changed)s::json) as told (
        account_id bigint, external_id text, target text, text text, at timestamptz
    )
    join message on message.account_id = told.account_id and message.external_id = told.target
    where not exists (
        select from annotation known
        where known.account_id = told.account_id and known.external_id = told.external_id
    )
    and not exists (
        select from annotation later
        where later.account_id = told.account_id and later.target = told.target
          and (later.kind = 'unsend' or (later.kind = 'edit' and later.at > told.at))
    )
    order by message.conversation_id, message.at desc, message.id desc, told.at desc
),
moved as (
    select conversation.id, max(told.address) as address
    from json_to_recordset(%(moved)s::json) as told (account_id bigint, kind text, value text, address text)
    join identity using (account_id, kind, value)
    join conversation on conversation.account_id = told.account_id and conversation.contact_id = identity.contact_id
    where conversation.address = concat(told.kind, ':', told.value)
    group by conversation.id
)
select id, doing.at, freed.free_until, changed.at, left(changed.text, 200), moved.address
from doing
full join freed using (id)
full join changed using (id)
full join moved using (id)
