-- Hold what rows of an import may be about, in the house's order, so that judging and writing see the same: the
-- contacts they find, the fields and the tags of the workspace. It goes behind the gates of all accounts, alone: nobody
-- is received, merged or erased there meanwhile.
with line as materialized (
    select email, numbers
    from contact_import_row
    where batch_id = %(batch)s and number > %(after)s and number <= %(upto)s and not is_bad
),
matched as (
    select contact.id
    from line
    cross join unnest(line.numbers) as form
    join contact on contact.workspace_id = %(workspace)s and contact.phone <> ''
        and regexp_replace(contact.phone, '[^0-9]', '', 'g') = form
    union
    select identity.contact_id
    from line
    cross join unnest(line.numbers) as form
    join identity on identity.account_id = any(%(lines)s::bigint[]) and identity.kind = 'wa_id'
        and identity.value = form
    union
    select contact.id
    from line
    join contact on contact.workspace_id = %(workspace)s and contact.email <> ''
        and lower(contact.email) = line.email
    where line.email <> ''
)
select id from contact where id in (select id from matched) order by id for no key update;

select id from contact_field where workspace_id = %(workspace)s order by id for no key update;

select id from tag where workspace_id = %(workspace)s order by id for key share
