-- Write a batch of rows that were judged in this transaction. No event is recorded: an import opens nothing, moves no
-- clock (closing C4), and sets off no flow and no webhook.
-- Whom WhatsApp's lines would make a stranger of is known to them by their number from here on.
update contact_import_row as row
set contact_id = numbered.contact_id
from (
    select id, nextval(pg_get_serial_sequence('contact', 'id')) as contact_id
    from (
        select id from contact_import_row
        where batch_id = %(batch)s and number > %(after)s and number <= %(upto)s and outcome = 'new'
        order by number
    ) as fresh
) as numbered
where row.id = numbered.id;

insert into identity (account_id, workspace_id, kind, value, contact_id)
select account, %(workspace)s, 'wa_id', row.numbers[1], row.contact_id
from contact_import_row as row
cross join unnest(%(lines)s::bigint[]) as account
where row.batch_id = %(batch)s and row.number > %(after)s and row.number <= %(upto)s
  and row.outcome in ('new', 'changed') and row.phone <> ''
  and not exists (
      select from identity
      where identity.account_id = account and identity.kind = 'wa_id' and identity.value = any(row.numbers)
  )
order by account, row.numbers[1]
on conflict (account_id, kind, value) do nothing;

insert into contact (id, workspace_id, name, email, phone, kind)
select contact_id, %(workspace)s, name, email, phone, 'contact'
from contact_import_row
where batch_id = %(batch)s and number > %(after)s and number <= %(upto)s and outcome = 'new'
order by number;

update contact
set name = case
        when row.name <> '' and (contact.name = '' or not %(keeps)s) then row.name
        else contact.name
    end,
    email = case when contact.email = '' then row.email else contact.email end,
    phone = case
        when row.phone = '' then contact.phone
        when contact.phone = '' then row.phone
        when regexp_replace(contact.phone, '[^0-9]', '', 'g') <> all(row.numbers)
             and length(ltrim(regexp_replace(contact.phone, '[^0-9]', '', 'g'), '0')) >= 7
             and row.phone like '%%' || ltrim(regexp_replace(contact.phone, '[^0-9]', '', 'g'), '0') then row.phone
        else contact.phone
    end
from contact_import_row as row
where row.batch_id = %(batch)s and row.number > %(after)s and row.number <= %(upto)s and row.outcome = 'changed'
  and contact.id = row.contact_id;

insert into contact_value (contact_id, field_id, value)
select row.contact_id, field.id, told.value
from contact_import_row as row
cross join jsonb_each_text(row.details) as told
join contact_field as field on field.id = told.key::bigint and field.workspace_id = %(workspace)s
where row.batch_id = %(batch)s and row.number > %(after)s and row.number <= %(upto)s
  and row.outcome in ('new', 'changed')
order by row.contact_id, field.id
on conflict (contact_id, field_id) do update set value = excluded.value where not %(keeps)s;

insert into tagging (conversation_id, tag_id)
select conversation.id, tag.id
from contact_import_row as row
join conversation on conversation.contact_id = row.contact_id
cross join unnest(row.tags) as called
join tag on tag.workspace_id = %(workspace)s and lower(tag.name) = lower(called)
where row.batch_id = %(batch)s and row.number > %(after)s and row.number <= %(upto)s and row.outcome = 'changed'
order by conversation.id, tag.id
on conflict (conversation_id, tag_id) do nothing;

insert into waiting_tag (contact_id, tag_id)
select row.contact_id, tag.id
from contact_import_row as row
cross join unnest(row.tags) as called
join tag on tag.workspace_id = %(workspace)s and lower(tag.name) = lower(called)
where row.batch_id = %(batch)s and row.number > %(after)s and row.number <= %(upto)s
  and row.outcome in ('new', 'changed')
  and not exists (select from conversation where conversation.contact_id = row.contact_id)
order by row.contact_id, tag.id
on conflict (contact_id, tag_id) do nothing
