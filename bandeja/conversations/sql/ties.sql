-- Names that contacts were not known by until now; one that somebody else wrote down meanwhile stays theirs.
insert into identity (account_id, workspace_id, kind, value, contact_id)
select account_id, workspace_id, kind, value, contact_id
from json_to_recordset(%(items)s::json)
    as item (account_id bigint, workspace_id bigint, kind text, value text, contact_id bigint)
order by account_id, kind, value
on conflict (account_id, kind, value) do nothing
