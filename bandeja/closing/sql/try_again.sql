-- Have the sweep look at once at those of these conversations that stepped aside: their deadlines stay as they are.
with aside as materialized (
    select id
    from conversation
    where id = any(%(ids)s::bigint[])
      and {within}
      and look_at > bandeja_now()
      and exists (
          select from setback where setback.conversation_id = conversation.id and setback.at >= conversation.armed_at
      )
    order by id
    for no key update
)
update conversation set look_at = bandeja_now()
from aside
where conversation.id = aside.id
returning conversation.id
