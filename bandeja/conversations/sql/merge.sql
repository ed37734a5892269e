-- One contact becomes part of another: what channels call them, what is left of their conversations, what was noted
-- of them and whom else they may be. Both are locked. Of what both say the one that stays keeps its own, but for the
-- fields in `theirs`. Every table that points at a contact is named here; a test holds that.
update identity set contact_id = %(stays)s where contact_id = %(goes)s;

update conversation set contact_id = %(stays)s where contact_id = %(goes)s;

update contact_note set contact_id = %(stays)s where contact_id = %(goes)s;

delete from contact_value as ours
using contact_value as others
where ours.contact_id = %(stays)s and others.contact_id = %(goes)s and others.field_id = ours.field_id
  and ours.field_id = any(%(theirs)s::bigint[]);
update contact_value as others set contact_id = %(stays)s
where contact_id = %(goes)s and not exists (
    select from contact_value ours where ours.contact_id = %(stays)s and ours.field_id = others.field_id
);
delete from contact_value where contact_id = %(goes)s;

insert into merge_suggestion (workspace_id, first_id, second_id, because, created_at, settled_at)
select workspace_id, least(other_id, %(stays)s), greatest(other_id, %(stays)s), because, created_at, settled_at
from (
    select *, case when first_id = %(goes)s then second_id else first_id end as other_id
    from merge_suggestion
    where %(goes)s in (first_id, second_id)
) as suggested
where other_id <> %(stays)s
order by least(other_id, %(stays)s), greatest(other_id, %(stays)s)
on conflict (first_id, second_id) do nothing;
delete from merge_suggestion where first_id = %(goes)s or second_id = %(goes)s;

delete from contact where id = %(goes)s
