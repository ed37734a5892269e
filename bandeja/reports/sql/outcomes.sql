-- What became of closings, over one in %(every)s of them, taken evenly by their ids: together, by cause and by rule.
-- Of those by a rule, how many the contact opened again within the hour, the day and the week, of how many that are as
-- long ago by now; and how long after their deadline they were closed. Of all, how many nobody of ours had answered, of
-- those the contact had written in; and how long the contact had been silent. Lengths are seconds.
with taken as materialized (
    select id, conversation_id, cause, rule_id, closed_at, deadline, last_inbound_at, unheard
    from {taken}
    where {asked}
),
became as (
    select cause, rule_id, closed_at, next.at as back_at, last_inbound_at is not null as wrote,
           -- What we began and nobody answered closes by our message, and says nothing of how long they were silent.
           case when not unheard then date_part('epoch', closed_at - last_inbound_at) end as silence,
           case when cause = 'rule' then date_part('epoch', closed_at - deadline) end as late,
           last_inbound_at is not null and not exists (
               select from message
               where message.conversation_id = taken.conversation_id and message.direction = 'out'
                 and message.author_kind in ('agent', 'app', 'api')
                 and message.at > taken.last_inbound_at and message.at <= taken.closed_at
           ) as unanswered
    from taken
    -- The next that changed whether it is open: the contact's writing, unless somebody of ours was faster.
    left join lateral (
        select kind, at
        from event
        where event.conversation_id = taken.conversation_id and event.at > taken.closed_at
          and event.at <= taken.closed_at + interval '7 days'
          and kind not in ('message_received', 'message_sent')
          and kind in ('conversation_opened', 'conversation_reopened', 'conversation_closed')
        order by event.at, event.id
        limit 1
    ) as next on taken.cause = 'rule' and next.kind = 'conversation_opened'
)
select cause, rule_id, count(*), count(*) filter (where wrote), count(*) filter (where unanswered),
       percentile_disc(0.5) within group (order by silence),
       count(*) filter (where cause = 'rule' and closed_at <= %(now)s::timestamptz - interval '1 hour'),
       count(*) filter (where back_at <= closed_at + interval '1 hour'
                        and closed_at <= %(now)s::timestamptz - interval '1 hour'),
       count(*) filter (where cause = 'rule' and closed_at <= %(now)s::timestamptz - interval '1 day'),
       count(*) filter (where back_at <= closed_at + interval '1 day'
                        and closed_at <= %(now)s::timestamptz - interval '1 day'),
       count(*) filter (where cause = 'rule' and closed_at <= %(now)s::timestamptz - interval '7 days'),
       count(*) filter (where back_at <= closed_at + interval '7 days'
                        and closed_at <= %(now)s::timestamptz - interval '7 days'),
       percentile_disc(0.5) within group (order by late), percentile_disc(0.99) within group (order by late)
from became
group by grouping sets ((), (cause), (rule_id))
having grouping(rule_id) = 1 or rule_id is not null
