-- The inclusion whose turn it is, locked: the one that has waited longest, so that a large one holds up no small one.
select id
from inclusion
where stage in ('finding', 'including', 'undoing')
order by stepped_at nulls first, id
limit 1
for update skip locked
