-- When a rule with options would have closed what was said at `spoken.at`: after the first pause of its whole time that
-- follows, counted from what it counts from; null where it never would (closing G1, G2). Ours are the answers of persons.
(
    select case
               when option.answers then (
                   select min(started.ends_at)
                   from (
                       select {over_start} as ends_at, lead(start) over (order by start) as next
                       from unnest(case when option.guards then ours.at else spoken.at || ours.at end) as start
                   ) as started
                   where next is null or next > started.ends_at
               )
               when not option.guards or ours.at[1] <= {over_spoken} then {over_spoken}
               else {over_answered}
           end
    from option
    cross join timed
    cross join lateral (
        select array(
            select coalesce(received_at, at)
            from message
            where message.conversation_id = spoken.id and message.direction = 'out'
              and message.author_kind in ('agent', 'app', 'api') and not message.imported
              and coalesce(received_at, at) >= spoken.at
              and (spoken.back_at is null or coalesce(received_at, at) < spoken.back_at)
            order by 1
        ) as at
    ) as ours
)
