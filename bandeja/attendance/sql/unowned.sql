-- Lock those of them that are still nobody's, open, and of an account that assigned by itself when they were opened. All
-- at once and in order of id: what is done to them afterwards, a person at a time, meets no lock in a circle.
select conversation.id, conversation.workspace_id, conversation.account_id
from unnest(%(numbers)s::bigint[], %(ids)s::bigint[]) as opened (number, id)
join conversation using (id)
join auto_assignment using (account_id)
where conversation.owner_id is null and conversation.team_id is null and conversation.status = 'open'
  and opened.number > auto_assignment.after_number
order by conversation.id
for update of conversation
