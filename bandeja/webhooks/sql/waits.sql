-- Whether an event was published that no deliveries were made of: what an idle loop costs. Without webhooks, nothing.
select 1
from event
where number > greatest(
          (select max(number) from webhook_cursor),
          (select min(after_number) from webhook where disabled_at is null and deleted_at is null)
      )
  and exists (select from webhook where disabled_at is null and deleted_at is null)
limit 1
