-- What contacts wrote to an absent agent since the absence began and nobody has answered, in conversations that are
-- theirs; each contact is answered once in an absence. The channel may date a message up to a day before it came.
select id
from conversation
where owner_id = %(agent)s
  and last_message_at > %(since)s::timestamptz - interval '1 day'
  and last_inbound_at >= %(since)s::timestamptz
  and status = 'open' and last_message_direction = 'in'
  and not exists (
      select from away_reply
      where agent_id = %(agent)s and contact_id = conversation.contact_id and at >= %(since)s::timestamptz
  )
order by last_message_at
limit %(limit)s
