-- Take these tags off these conversations.
with chosen as materialized (
    select id
    from conversation
    where id = any(%(ids)s::bigint[])
      and {within}
    order by id
    for key share
),
untagged as (
    delete from tagging using chosen
    where tagging.conversation_id = chosen.id and tagging.tag_id = any(%(tags)s::bigint[])
    returning tagging.conversation_id
)
select array(select distinct conversation_id from untagged order by conversation_id)
