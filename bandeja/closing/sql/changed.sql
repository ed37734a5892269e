-- Of these conversations whose closing is withheld, those that are to be judged again: where nothing withholds them any more,
-- something else does, or cover was interrupted. Nothing is locked: resume.sql judges once more, behind the gate.
-- `covers` says what covers each account, if anything does.
with cover as materialized (
    select *
    from json_to_recordset(%(covers)s::json) as cover (
        account_id bigint, rule_id bigint, rule_name text, begins timestamptz, seconds bigint,
        unheard_begins timestamptz, unheard_seconds bigint, guards boolean,
        exempt_tags bigint[], exempt_owners bigint[], exempt_field bigint, exempt_value text
    )
)
select conversation.account_id, conversation.id
from conversation
left join cover using (account_id)
where conversation.id = any(%(ids)s::bigint[]) and conversation.withheld_at is not null
  and ((case when unheard_at is null
             then withheld_at >= cover.begins
                  and greatest(last_inbound_at, included_at) >= greatest(cover.begins, agent_opened_at)
             else unheard_at >= unheard_begins end) is not true
       or conversation.withheld_for is distinct from {withholds})
