-- Seconds until the next run is due; nothing where none will be. One index probe a workspace.
select extract(epoch from min(run.due_at) - bandeja_now())::float
from (select workspace_id from flow group by workspace_id) as busy
cross join lateral (
    select due_at
    from flow_run
    where flow_run.workspace_id = busy.workspace_id and due_at is not null
    order by due_at
    limit 1
) as run
