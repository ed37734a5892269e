-- Wake the runs that wait for an answer which was published in (after, upto]. Whether it is one is decided when the run
-- goes on, under the lock of its conversation. One that somebody holds is going on already.
with heard as materialized (
    select distinct conversation_id
    from event
    where number > %(after)s and number <= %(upto)s and kind = 'message_received'
),
waiting as materialized (
    select flow_run.id
    from heard
    join flow_run using (conversation_id)
    where flow_run.awaits_reply and flow_run.due_at > bandeja_now()
    order by flow_run.id
    for update of flow_run skip locked
)
update flow_run set due_at = bandeja_now()
from waiting
where flow_run.id = waiting.id
