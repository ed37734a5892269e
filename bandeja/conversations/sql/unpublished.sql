-- Whether an event waits for its number; in order, so that it is always the index of those that do.
select id
from event
where number is null
order by id
limit 1
