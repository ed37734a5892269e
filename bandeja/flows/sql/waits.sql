-- Whether something was published that a flow may start by, or go on by: what an idle loop costs. Without flows that
-- are on, nothing.
select 1
from event
where number > greatest(
      (select max(number) from flow_cursor), (select min(after_number) from flow where active)
  )
  and exists (select from flow where active)
limit 1
