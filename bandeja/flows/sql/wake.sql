-- Wake the runs that wait for an answer which was published in (after, upto]. Whether it is one is decided when the run
-- goes on, under the lock of its conversation. A message is where it is by now: one that took its conversation in took
-- it along. Answers how many are held by somebody at this instant, and so were not woken.
with heard as materialized (
    select distinct message.conversation_id
    from event
    join message on message.id = event.message_id
    where event.number > %(after)s and event.number <= %(upto)s and event.kind = 'message_received'
),
asleep as materialized (
    select flow_run.id
    from heard
    join flow_run using (conversation_id)
    where flow_run.awaits_reply and flow_run.due_at > bandeja_now()
),
free as materialized (
    select flow_run.id
    from flow_run
    where flow_run.id in (select id from asleep) and flow_run.awaits_reply and flow_run.due_at > bandeja_now()
    order by flow_run.id
    for update of flow_run skip locked
),
woken as (
    update flow_run set due_at = bandeja_now()
    from free
    where flow_run.id = free.id
    returning flow_run.id
)
select count(*) from asleep where id not in (select id from woken)
