-- The runs that are due, the longest waiting ones first, of each workspace as many.
select run.id, run.conversation_id
from (select workspace_id from flow group by workspace_id) as busy
cross join lateral (
    select id, conversation_id, due_at
    from flow_run
    where flow_run.workspace_id = busy.workspace_id and due_at <= bandeja_now()
    order by due_at
    limit %(limit)s
) as run
order by run.due_at
