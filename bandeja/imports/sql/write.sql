-- Write a batch of rows that were judged in this transaction. No event is recorded: an import opens nothing, moves no
-- clock (closing C4), and sets off no flow and no webhook.
-- Whom WhatsApp's lines would make a stranger of is known to them by their number from here on.
update contact_import_row as line
set contact_id = numbered.contact_id
from (
    select id, nextval(pg_get_serial_sequence('contact', 'id')) as contact_id
    from (
        select id from contact_import_row
        where batch_id = %(batch)s and number > %(after)s and number <= %(upto)s and outcome = 'new'
        order by number
    ) as fresh
) as numbered
where line.id = numbered.id;

insert into identity (account_id, workspace_id, kind, value, contact_id)
select account, %(workspace)s, 'wa_id', line.numbers[1], line.contact_id
from contact_import_row as line
cross join unnest(%(lines)s::bigint[]) as account
where line.batch_id = %(batch)s and line.number > %(after)s and line.number <= %(upto)s
  and line.outcome in ('new', 'changed') and line.phone <> ''
  and not exists (
      select from identity
      where identity.account_id = account and identity.kind = 'wa_id' and identity.value = any(line.numbers)
  )
order by account, line.numbers[1]
on conflict (account_id, kind, value) do nothing;

insert into contact (id, workspace_id, name, email, phone, kind)
select contact_id, %(workspace)s, name, email, phone, 'contact'
from contact_import_row
where batch_id = %(batch)s and number > %(after)s and number <= %(upto)s and outcome = 'new'
order by number;

update contact
set name = case
        when line.name <> '' and (contact.name = '' or not %(keeps)s) then line.name
        else contact.name
    end,
    email = case when contact.email = '' then line.email else contact.email end,
    phone = case
        when line.phone = '' then contact.phone
        when contact.phone = '' then line.phone
        when regexp_replace(contact.phone, '[^0-9]', '', 'g') <> all(line.numbers)
             and length(ltrim(regexp_replace(contact.phone, '[^0-9]', '', 'g'), '0')) >= 7
             and line.phone like '%%' || ltrim(regexp_replace(contact.phone, '[^0-9]', '', 'g'), '0') then line.phone
        else contact.phone
    end
from contact_import_row as line
where line.batch_id = %(batch)s and line.number > %(after)s and line.number <= %(upto)s and line.outcome = 'changed'
  and contact.id = line.contact_id;

insert into contact_value (contact_id, field_id, value)
select line.contact_id, field.id, told.value
from contact_import_row as line
cross join jsonb_each_text(line.details) as told
join contact_field as field on field.id = told.key::bigint and field.workspace_id = %(workspace)s
where line.batch_id = %(batch)s and line.number > %(after)s and line.number <= %(upto)s
  and line.outcome in ('new', 'changed')
order by line.contact_id, field.id
on conflict (contact_id, field_id) do update set value = excluded.value where not %(keeps)s;

insert into tagging (conversation_id, tag_id)
select conversation.id, tag.id
from contact_import_row as line
join conversation on conversation.contact_id = line.contact_id
cross join unnest(line.tags) as called
join tag on tag.workspace_id = %(workspace)s and lower(tag.name) = lower(called)
where line.batch_id = %(batch)s and line.number > %(after)s and line.number <= %(upto)s and line.outcome = 'changed'
order by conversation.id, tag.id
on conflict (conversation_id, tag_id) do nothing;

insert into waiting_tag (contact_id, tag_id)
select line.contact_id, tag.id
from contact_import_row as line
cross join unnest(line.tags) as called
join tag on tag.workspace_id = %(workspace)s and lower(tag.name) = lower(called)
where line.batch_id = %(batch)s and line.number > %(after)s and line.number <= %(upto)s
  and line.outcome in ('new', 'changed')
  and not exists (select from conversation where conversation.contact_id = line.contact_id)
order by line.contact_id, tag.id
on conflict (contact_id, tag_id) do nothing
