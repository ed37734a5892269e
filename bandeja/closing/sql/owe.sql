-- Write down whom the rule that has just closed these conversations still owes a word, if it says one (closing W6). Their
-- rows are locked by the closing; a word that was owed for an earlier one is not said any more.
insert into farewell (conversation_id, rule_id, closed_at)
select conversation.id, rule.id, conversation.closed_at
from rule
join conversation on conversation.id = any(%(ids)s::bigint[])
where rule.id = %(rule)s and rule.farewell_texts <> '{}'
order by conversation.id
on conflict (conversation_id) do update set rule_id = excluded.rule_id, closed_at = excluded.closed_at
