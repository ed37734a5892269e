-- Give these conversations to an owner, or to nobody, and record each that changed hands.
with chosen as materialized (
    select id, owner_id
    from conversation
    where id = any(%(ids)s::bigint[])
      and {within}
    order by id
    for update
),
assigned as (
    update conversation set owner_id = %(owner)s::bigint
    from chosen
    where conversation.id = chosen.id and chosen.owner_id is distinct from %(owner)s::bigint
    returning conversation.id, conversation.workspace_id, chosen.owner_id as before
),
told as (
    insert into event (workspace_id, conversation_id, kind, at, actor_kind, actor_id, data)
    select workspace_id, id, 'conversation_assigned', coalesce(%(at)s::timestamptz, bandeja_now()),
           %(actor_kind)s, %(actor_id)s::bigint,
           jsonb_build_object('before', before, 'after', %(owner)s::bigint)
    from assigned
    order by id
)
select array(select id from assigned)
