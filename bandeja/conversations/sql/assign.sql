-- Give these conversations to a person, a team, nobody, or whoever has the contact's other conversation, and record
-- each that changed hands, with a note about it if one was written. One that somebody else gave away since it was
-- looked at is left alone and told; so is one whose contact nobody has. A person given alone takes it within the team
-- that has it, if they are of it; `exactly` settles both.
with chosen as materialized (
    select id, workspace_id, account_id, contact_id, owner_id, team_id
    from conversation
    where id = any(%(ids)s::bigint[])
      and {within}
    order by id
    for update
),
instant as materialized (
    select coalesce(%(at)s::timestamptz, bandeja_now()) as at from (select count(*) from chosen) as locked
),
aimed as (
    select chosen.*, case when %(to_contacts_owner)s::boolean then known.owner_id else %(owner)s::bigint end as owner
    from chosen
    left join lateral (
        select other.owner_id
        from conversation as other
        join agent on agent.id = other.owner_id and agent.is_active
        where other.contact_id = chosen.contact_id and other.id <> chosen.id
        order by other.last_message_at desc, other.id desc
        limit 1
    ) as known on %(to_contacts_owner)s::boolean
),
settled as (
    select aimed.*, case
               when %(team)s::bigint is not null or %(exactly)s::boolean then %(team)s::bigint
               when exists (
                   select from membership where membership.team_id = aimed.team_id and membership.agent_id = aimed.owner
               ) then aimed.team_id
           end as team
    from aimed
    where owner is not null or not %(to_contacts_owner)s::boolean
),
compared as materialized (
    select settled.*, (owner_id, team_id) is distinct from (owner, team) as changes,
           (owner_id, team_id) is distinct from (owner, team) and (
               (%(saw)s::boolean
                and (owner_id, team_id) is distinct from (%(seen_owner)s::bigint, %(seen_team)s::bigint))
               or exists (
                   select from event
                   where event.conversation_id = settled.id and event.kind = 'conversation_assigned'
                     and event.at > %(seen_at)s::timestamptz
               )
           ) as taken
    from settled
),
assigned as (
    update conversation set
        owner_id = compared.owner,
        team_id = compared.team,
        unread = case when %(unread)s::boolean then greatest(conversation.unread, 1) else conversation.unread end
    from compared
    where conversation.id = compared.id and not taken
      and (changes or (%(unread)s::boolean and conversation.unread = 0))
),
told as (
    insert into event (workspace_id, conversation_id, kind, at, actor_kind, actor_id, data)
    select compared.workspace_id, compared.id, 'conversation_assigned', instant.at,
           %(actor_kind)s, %(actor_id)s::bigint,
           jsonb_build_object('before', owner_id, 'after', owner)
           || jsonb_strip_nulls(jsonb_build_object('team_before', team_id, 'team', team, 'team_name', named.name))
    from compared
    cross join instant
    left join team as named on named.id = compared.team
    where changes and not taken
    order by compared.id
),
noted as (
    insert into message (
        workspace_id, account_id, conversation_id, direction, kind, text, at, created_at, author_kind, author_id
    )
    select workspace_id, account_id, id, 'note', 'text', %(note)s, instant.at, instant.at,
           %(actor_kind)s, %(author)s::bigint
    from compared
    cross join instant
    where %(note)s <> '' and not taken
    order by id
    returning id, workspace_id, conversation_id, at
),
said as (
    insert into event (workspace_id, conversation_id, kind, at, actor_kind, actor_id, message_id)
    select workspace_id, conversation_id, 'message_sent', at, %(actor_kind)s, %(actor_id)s::bigint, id
    from noted
    order by id
)
select array(select id from compared where changes and not taken order by id),
       array(select id from compared where not changes order by id),
       array(select id from compared where taken order by id),
       array(select id from chosen except select id from compared order by id)
