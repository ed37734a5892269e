-- Reactions, edits and unsendings, each written down once; the thread reads the newest of them. Answers where their
-- messages are, for the bell: one that came before its message has none yet.
with told as (
    select * from json_to_recordset(%(items)s::json) as told (
        workspace_id bigint, account_id bigint, external_id text, target text, kind text, actor text, text text,
        at timestamptz
    )
),
fresh as (
    insert into annotation (workspace_id, account_id, external_id, target, kind, actor, text, at)
    select workspace_id, account_id, external_id, target, kind, actor, text, coalesce(at, bandeja_now())
    from told
    order by account_id, external_id
    on conflict (account_id, external_id) do nothing
    returning account_id, target
)
select distinct message.conversation_id, message.workspace_id
from fresh
join message on message.account_id = fresh.account_id and message.external_id = fresh.target
