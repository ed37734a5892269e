-- Make these runs. One for each flow and event; of those that are only watched for, one for each conversation.
insert into flow_run (
    workspace_id, flow_id, version_id, conversation_id, state, position, due_at, awaits_reply, heard_id, chain,
    event_number, data, started_at
)
select workspace_id, flow_id, version_id, conversation_id, state, position, due_at, false, heard_id,
       array(select json_array_elements_text(chain)::bigint), number, data, at
from json_to_recordset(%(items)s::json) as item (
    workspace_id bigint, flow_id bigint, version_id bigint, conversation_id bigint, state text, position text,
    due_at timestamptz, heard_id bigint, chain json, number bigint, data jsonb, at timestamptz
)
order by number, flow_id
on conflict do nothing
