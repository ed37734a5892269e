-- The import whose turn it is, locked: the one that has waited longest.
select id
from contact_import
where stage in ('reading', 'writing')
order by stepped_at nulls first, id
limit 1
for update skip locked
