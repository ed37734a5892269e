-- The action whose turn it is, locked: workspaces take turns, and so do the actions of one.
with turn as (
    select workspace_id, max(stepped_at) as stepped_at
    from bulk
    where ended_at is null
    group by workspace_id
)
select bulk.id
from bulk
join turn using (workspace_id)
where bulk.ended_at is null
order by turn.stepped_at nulls first, bulk.stepped_at nulls first, bulk.id
limit 1
for update of bulk skip locked
