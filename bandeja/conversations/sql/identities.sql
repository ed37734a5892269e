-- Make the identities that do not exist yet, each with its contact; whoever loses a race makes neither.
-- Inserted sorted by their natural key, so that two batches never wait for each other in a circle. Asks tells that the
-- channel did not say their name, and may be asked for it.
with item as (
    select * from json_to_recordset(%(items)s::json) as item (
        account_id bigint, workspace_id bigint, kind text, value text, name text, email text, phone text,
        asks boolean
    )
),
missing as materialized (
    select item.*, nextval(pg_get_serial_sequence('contact', 'id')) as contact_id
    from item
    where not exists (
        select from identity known
        where known.account_id = item.account_id and known.kind = item.kind and known.value = item.value
    )
),
made as (
    insert into identity (account_id, workspace_id, kind, value, contact_id, look_at)
    select account_id, workspace_id, kind, value, contact_id, case when asks then bandeja_now() end
    from missing
    order by account_id, kind, value
    on conflict (account_id, kind, value) do nothing
    returning contact_id
)
insert into contact (id, workspace_id, name, email, phone)
select missing.contact_id, missing.workspace_id, missing.name, missing.email, missing.phone
from missing join made using (contact_id)
