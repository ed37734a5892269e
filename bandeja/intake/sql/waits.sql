-- Whether a delivery waits whose back-off is over. In order, as they are claimed: asked only whether there is one, the
-- planner may walk the table past all that is settled.
select id
from receipt
where processed_at is null and parked_at is null
  and (look_at is null or look_at <= bandeja_now())
order by id
limit 1
