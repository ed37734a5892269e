-- The number of the last of the next published events, and of how many, after the one reached.
select max(number), count(*)
from (
    select number
    from event
    where number > greatest(%(after)s::bigint, (select min(after_number) from flow where active))
    order by number
    limit %(limit)s
) as batch
