-- When a rule with options would have closed what was said at `spoken.at`: after the first pause of its whole time that
-- follows, counted from what it counts from; null where it never would (closing G1, G2). Ours are the answers of persons.
(
    select case
               when option.answers then (
                   select min(start + pause)
                   from (
                       select start, lead(start) over (order by start) as next
                       from unnest(case when option.guards then ours.at else spoken.at || ours.at end) as start
                   ) as started
                   where next is null or next > start + pause
               )
               when not option.guards or ours.at[1] <= spoken.at + pause then spoken.at + pause
               else ours.at[1] + pause
           end
    from option
    cross join make_interval(secs => %(seconds)s) as pause
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
