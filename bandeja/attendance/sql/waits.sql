-- Whether an opening was published that some account may assign: what an idle loop costs. Without such accounts, nothing.
select 1
from event
where kind = 'conversation_opened'
  and number > greatest(
      (select max(number) from auto_assignment_cursor), (select min(after_number) from auto_assignment)
  )
  and exists (select from auto_assignment)
limit 1
