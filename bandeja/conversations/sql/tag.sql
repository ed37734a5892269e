-- Put these tags on these conversations. Both are held while they meet, so that a conversation that is merged into
-- another, or a tag that is deleted, at this moment is passed over and not an error. Conversations are held first: a
-- merge, which holds both, comes to the tags last. Each that is put on is told, by an event that no thread shows.
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
    where id = any(%(tags)s::bigint[]) and workspace_id = %(workspace)s and (select count(*) from chosen) > 0
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
    returning conversation_id, tag_id
),
told as (
    insert into event (workspace_id, conversation_id, kind, at, actor_kind, actor_id, data)
    select %(workspace)s, conversation_id, 'conversation_tagged', coalesce(%(at)s::timestamptz, bandeja_now()),
           %(actor_kind)s, %(actor_id)s::bigint, jsonb_build_object('tag', tag_id)
    from tagged
    order by conversation_id, tag_id
)
select array(select distinct conversation_id from tagged order by conversation_id)
