-- How many of the conversations that each of these people were last written to in are open. Among the latest only: an
-- index of open ones by owner would cost every message.
select agent.id, (
    select count(*)
    from (
        select status
        from conversation
        where conversation.owner_id = agent.id
        order by last_message_at desc, id desc
        limit %(among)s
    ) as latest
    where status = 'open'
)
from unnest(%(ids)s::bigint[]) as agent (id)
