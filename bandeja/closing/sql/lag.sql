-- How late rules closed since an instant, in seconds after the deadline, over the latest %(most)s closings by rule at the
-- most: how many they were, the median, what 99 of 100 kept within, and the worst. What was overtaken is left out (C8).
with latest as (
    select closed_at, extract(epoch from closed_at - deadline)::float8 as late
    from closure
    where workspace_id = %(workspace)s and closed_at > %(since)s
      and cause = 'rule' and deadline is not null and overtaken_at is null
    order by closed_at desc
    limit %(most)s
)
select count(*), percentile_disc(0.5) within group (order by late), percentile_disc(0.99) within group (order by late),
       max(late), count(*) filter (where late <= 1)
from latest
