-- What a clock that was armed at {armed_at} counts from: its arming, or the end of a pause that kept it from closing by
-- then, pause after pause (closing H3). Its time is judged as it was at that end: what is saved later changes nothing of
-- it; of our answers, the last one if it came by then (closing G1). `seconds`, `ended`, `answers`, `hours` and `whole_days`
-- are the rule's times in the order they were in force, each from where the one before ended.
case when cardinality({ends}) = 0 then {armed_at} else (
    with recursive chain (at) as (
        select {armed_at}
        union all
        select (
            -- The first one: they are given in order. Most are over before the shortest time could be; a day of work may be
            -- shorter than one by the clock, where that is set (closing B4).
            select ends.at
            from unnest({ends}) as ends (at)
            where chain.at < ends.at
              and ends.at >= chain.at + make_interval(secs => (select min(case when hours is null then each else 0 end)
                                                             from unnest({seconds}, {hours}) as timed (each, hours)))
              and ends.at >= (
                select max({over})
                from unnest({seconds}, {ended}, {answers}, {hours}, {whole_days}, array_prepend(null::timestamptz, {ended}))
                     as stretch (seconds, ended, answers, hours, whole_days, began)
                where (stretch.began is null or stretch.began <= ends.at)
                  and (stretch.ended is null or stretch.ended > chain.at)
              )
            limit 1
        )
        from chain
        where chain.at is not null
    )
    select max(chain.at) from chain
) end
