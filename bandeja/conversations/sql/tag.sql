-- Put these tags on these conversations. Both are held while they meet, so that a conversation that is merged into
-- another, or a tag that is deleted, at this moment is passed over and not an error.
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
    where id = any(%(tags)s::bigint[]) and workspace_id = %(workspace)s
    order by id
    for key share
),
tagged as (
    insert into tagging (conversation_id, tag_id)
    select chosen.id, known.id
    from chosen
    cross join known
    order by chosen.id, known.id
    on conflict (conversation_id, tag_id) do nothing
    returning conversation_id
)
select array(select distinct conversation_id from tagged order by conversation_id)
