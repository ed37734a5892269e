-- Lock these conversations, in the order of their ids like everybody else does, and say how they were found.
-- Which they are is settled before: looked up beside the lock, one that somebody had just changed was left out.
with wanted as materialized (
    select known.id
    from json_to_recordset(%(items)s::json) as item (account_id bigint, contact_id bigint)
    join conversation known using (account_id, contact_id)
    union
    select unnest(%(also)s::bigint[])
)
select conversation.id, conversation.account_id, conversation.contact_id, conversation.status = 'closed',
       conversation.agent_opened_at, conversation.kept_at is not null,
       -- A clock that our own message started ends with the contact's (closing N3).
       case when conversation.unheard_at is null then conversation.armed_at end,
       conversation.answered_at, conversation.snoozed_at is not null,
       greatest(conversation.last_inbound_at, conversation.included_at)
from conversation
join wanted using (id)
order by conversation.id
for update of conversation
