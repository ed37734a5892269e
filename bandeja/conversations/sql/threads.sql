-- Make the conversations that do not exist yet: one for ever per account and contact. What only history tells of is
-- closed, without a closing of ours.
insert into conversation (workspace_id, account_id, contact_id, status, closed_at, opened_at, last_message_at)
select workspace_id, account_id, contact_id, status, case when status = 'closed' then bandeja_now() end,
       bandeja_now(), to_timestamp(0)
from json_to_recordset(%(items)s::json)
    as item (workspace_id bigint, account_id bigint, contact_id bigint, status text)
where not exists (
    select from conversation known
    where known.account_id = item.account_id and known.contact_id = item.contact_id
)
order by account_id, contact_id
on conflict (account_id, contact_id) do nothing
returning id
