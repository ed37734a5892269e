-- Set the one shared unread counter of these conversations (closing D3): to nothing, or to at least one.
with chosen as materialized (
    select id
    from conversation
    where id = any(%(ids)s::bigint[])
      and {within}
      and (unread > 0) = not %(mark)s::boolean
    order by id
    for update
),
marked as (
    update conversation set unread = case when %(mark)s::boolean then 1 else 0 end
    from chosen
    where conversation.id = chosen.id
    returning conversation.id
)
select array(select id from marked)
