-- What would come of rows of an import: whom each is about, and whether it makes, changes or leaves them as they are,
-- or is refused. It writes that on the rows and nothing else.
-- A row finds its contact by phone (as it was typed, or as WhatsApp calls them) or by e-mail, in its workspace alone.
-- What they are found by is only ever filled in, never replaced: so the same file finds the same people again.
with line as materialized (
    select number, name, email, phone, numbers, details, tags
    from contact_import_row
    where batch_id = %(batch)s and number > %(after)s and number <= %(upto)s and not is_bad
),
matched as (
    select line.number, contact.id, true as by_phone
    from line
    cross join unnest(line.numbers) as form
    join contact on contact.workspace_id = %(workspace)s and contact.phone <> ''
        and regexp_replace(contact.phone, '[^0-9]', '', 'g') = form
    union all
    select line.number, identity.contact_id, true
    from line
    cross join unnest(line.numbers) as form
    join identity on identity.account_id = any(%(lines)s::bigint[]) and identity.kind = 'wa_id'
        and identity.value = form
    union all
    select line.number, contact.id, false
    from line
    join contact on contact.workspace_id = %(workspace)s and contact.email <> ''
        and lower(contact.email) = line.email
    where line.email <> ''
),
found as (
    select number, count(distinct id) as people, min(id) as id, bool_or(by_phone) as by_phone
    from matched
    group by number
),
compared as (
    select line.*, found.people, contact.id as contact_id, contact.name as known_name, contact.email as known_email,
           contact.phone as known_phone, found.by_phone,
           -- A number without its country, as people type it, is the same number.
           not found.by_phone and length(ltrim(digits, '0')) >= 7
               and line.phone like '%%' || ltrim(digits, '0') as is_short
    from line
    left join found using (number)
    left join contact on contact.id = found.id and found.people = 1
    left join lateral regexp_replace(contact.phone, '[^0-9]', '', 'g') as digits on true
),
faulty as (
    select *,
           case
               when people > 1 then 'several'
               when contact_id is null then ''
               when email <> '' and known_email <> '' and lower(known_email) <> email then 'other_email'
               when phone <> '' and known_phone <> '' and not by_phone and not is_short then 'other_phone'
               else ''
           end as fault
    from compared
),
firsts as (
    select number, least(
               first_value(number) over (partition by contact_id order by number),
               (select min(earlier.number)
                from contact_import_row as earlier
                where earlier.batch_id = %(batch)s and earlier.number <= %(after)s and earlier.outcome <> 'refused'
                  and earlier.contact_id = faulty.contact_id)
           ) as first
    from faulty
    where contact_id is not null and fault = ''
),
judged as (
    select faulty.number, faulty.contact_id,
           case when firsts.first < faulty.number then 'same_contact' else fault end as fault,
           case
               when firsts.first < faulty.number then firsts.first::text
               when fault = 'other_phone' then phone
               when fault = 'other_email' then email
               when fault = 'several' then concat_ws(', ', nullif(phone, ''), nullif(email, ''))
               else ''
           end as said,
           (name <> '' and name <> known_name and (known_name = '' or not %(keeps)s))
           or (email <> '' and known_email = '')
           or (phone <> '' and (known_phone = '' or is_short))
           or exists (
               select
               from jsonb_each_text(details) as told
               join contact_field as field on field.id = told.key::bigint and field.workspace_id = %(workspace)s
               left join contact_value as known
                   on known.contact_id = faulty.contact_id and known.field_id = field.id
               where known.value is null or (known.value <> told.value and not %(keeps)s)
           )
           or exists (
               select
               from unnest(tags) as called
               left join tag on tag.workspace_id = %(workspace)s and lower(tag.name) = lower(called)
               where tag.id is null
                  or exists (
                      select from conversation
                      where conversation.contact_id = faulty.contact_id
                        and not exists (
                            select from tagging
                            where tagging.conversation_id = conversation.id and tagging.tag_id = tag.id
                        )
                  )
                  or (not exists (select from conversation where conversation.contact_id = faulty.contact_id)
                      and not exists (
                          select from waiting_tag as waits
                          where waits.contact_id = faulty.contact_id and waits.tag_id = tag.id
                      ))
           )
           or (phone <> '' and exists (
               select
               from unnest(%(lines)s::bigint[]) as account
               where not exists (
                   select from identity
                   where identity.account_id = account and identity.kind = 'wa_id' and identity.value = any(numbers)
               )
           )) as differs
    from faulty
    left join firsts using (number)
)
update contact_import_row as target
set contact_id = case when judged.fault = '' then judged.contact_id end,
    fault = judged.fault,
    said = judged.said,
    outcome = case
        when judged.fault <> '' then 'refused'
        when judged.contact_id is null then 'new'
        when judged.differs then 'changed'
        else 'same'
    end
from judged
where target.batch_id = %(batch)s and target.number = judged.number
