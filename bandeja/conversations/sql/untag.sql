-- Take these tags off these conversations. Both are held, in the order in which they are put on: whoever deletes a tag
-- at this moment takes it off the same conversations.
with chosen as materialized (
    select id
    from conversation
    where id = any(%(ids)s::bigint[])
      and {within}
    order by id
    for key share
),
known as materialized (
    select id
    from tag
    where id = any(%(tags)s::bigint[]) and (select count(*) from chosen) > 0
    order by id
    for key share
),
untagged as (
    delete from tagging using chosen, known
    where tagging.conversation_id = chosen.id and tagging.tag_id = known.id
    returning tagging.conversation_id
)
select array(select distinct conversation_id from untagged order by conversation_id)
