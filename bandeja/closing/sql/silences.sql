-- How long contacts take to write again: of the conversations they wrote in last, the silences that ended after
-- `since`, counted between the marks (in seconds). A silence lies between two messages of the contact that count, one
-- after the other, and is between `shortest` and `longest` seconds long; one in which somebody closed the conversation
-- is none, for it was over. What rules closed is like any other: their times are what is being chosen.
with recent as (
    select id
    from conversation
    where workspace_id = %(workspace)s and account_id = any(%(accounts)s::bigint[]) and last_inbound_at > %(since)s
    order by last_inbound_at desc
    limit %(most)s
),
silence as (
    select extract(epoch from came[n + 1] - came[n])::float8 as seconds
    from recent
    cross join lateral (
        select array_agg(message.received_at order by message.received_at) as came
        from message
        where message.conversation_id = recent.id and message.counts
    ) as inbound
    cross join lateral generate_series(1, cardinality(came) - 1) as n
    where came[n + 1] > %(since)s
      and came[n + 1] - came[n]
          between make_interval(secs => %(shortest)s) and make_interval(secs => %(longest)s)
      and not exists (
          select from closure
          where closure.conversation_id = recent.id and closure.cause <> 'rule' and closure.overtaken_at is null
            and closure.undone_at is null
            and closure.closed_at >= came[n] and closure.closed_at < came[n + 1]
      )
)
select width_bucket(seconds, %(marks)s::float8[]) as mark, count(*)
from silence
group by mark
