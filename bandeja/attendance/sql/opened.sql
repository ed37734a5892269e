-- The next openings in the order they were published, whatever their account.
select number, conversation_id
from event
where kind = 'conversation_opened'
  and number > greatest(%(after)s::bigint, (select min(after_number) from auto_assignment))
order by number
limit %(limit)s
