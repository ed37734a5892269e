-- Write down the names that contacts were not known by until now, and make the contacts behind those of strangers. A
-- stranger is numbered, and made by their first name; whoever loses a race for it makes nobody.
-- One statement inserts them all, sorted by their natural key, so that two batches never wait for each other in a
-- circle. Asks tells that the channel did not say their name, and may be asked for it.
-- Answers the strangers who were made by somebody else meanwhile, and the contact that their other names have instead:
-- there is none, and they must be given the right one before the transaction ends.
with item as (
    select * from json_to_recordset(%(items)s::json) as item (
        account_id bigint, workspace_id bigint, kind text, value text, contact_id bigint, stranger int,
        is_first boolean, name text, email text, phone text, asks boolean
    )
),
missing as materialized (
    select item.*
    from item
    where not exists (
        select from identity known
        where known.account_id = item.account_id and known.kind = item.kind and known.value = item.value
    )
),
person as materialized (
    select stranger, nextval(pg_get_serial_sequence('contact', 'id')) as contact_id
    from (select distinct stranger from missing where stranger is not null) as strangers
),
made as (
    insert into identity (account_id, workspace_id, kind, value, contact_id, look_at)
    select account_id, workspace_id, kind, value, coalesce(missing.contact_id, person.contact_id),
           case when asks then bandeja_now() end
    from missing
    left join person using (stranger)
    order by account_id, kind, value
    on conflict (account_id, kind, value) do nothing
    returning account_id, kind, value
),
named as materialized (
    select stranger, person.contact_id, is_first, workspace_id, name, email, phone
    from made
    join missing using (account_id, kind, value)
    join person using (stranger)
),
contact as (
    insert into contact (id, workspace_id, name, email, phone)
    select contact_id, workspace_id, name, email, phone from named where is_first
)
select stranger, contact_id from named group by stranger, contact_id having not bool_or(coalesce(is_first, false))
