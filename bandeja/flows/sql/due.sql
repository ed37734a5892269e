-- The runs that are due, of each workspace as many: half of them the longest waiting, half the latest to come, so that
-- whoever writes now is not answered after a hundred thousand closings. A run keeps its place until it waits.
select run.id, run.conversation_id
from (select workspace_id from flow group by workspace_id) as busy
cross join lateral (
    (
        select id, conversation_id, due_at
        from flow_run
        where flow_run.workspace_id = busy.workspace_id and due_at <= bandeja_now()
        order by due_at
        limit (%(limit)s + 1) / 2
    )
    union
    (
        select id, conversation_id, due_at
        from flow_run
        where flow_run.workspace_id = busy.workspace_id and due_at <= bandeja_now()
        order by due_at desc
        limit %(limit)s / 2
    )
) as run
order by run.due_at
