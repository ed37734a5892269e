-- How many closings there were on each day and in each hour of the day, by the clocks of a time zone, and how many of
-- them were by a rule. Clocks differ by whole quarters of an hour: so only quarters are asked for their hour, which
-- takes far longer than counting them.
with quarter as materialized (
    select date_bin('15 minutes', closed_at, '2000-01-01 00:00Z') as at, count(*) as closings,
           count(*) filter (where cause = 'rule') as by_rule
    from closure
    where {asked}
    group by 1
),
told as (
    select (at at time zone %(zone)s)::date as day, extract(hour from at at time zone %(zone)s)::integer as hour,
           closings, by_rule
    from quarter
)
select day, hour, sum(closings)::bigint, sum(by_rule)::bigint
from told
group by grouping sets ((day), (hour))
order by day, hour
