-- Files of imported messages that are here already: history tells of a message first, and of its file later.
insert into attachment (
    message_id, workspace_id, account_id, conversation_id, position, kind, mime, name, sha256, remote, is_url,
    state, error, look_at
)
select message.id, message.workspace_id, message.account_id, message.conversation_id, position, file.kind, file.mime,
       file.name, file.sha256, file.remote, file.is_url, file.state, file.error,
       case when file.state = 'waiting' then bandeja_now() end
from json_to_recordset(%(items)s::json) as item (account_id bigint, external_id text, media json)
join message using (account_id, external_id)
cross join json_to_recordset(item.media) as file (
    position smallint, kind text, mime text, name text, sha256 text, remote text, is_url boolean, state text, error text
)
order by message.id, position
on conflict (message_id, position) do nothing
