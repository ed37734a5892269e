-- What a rule would have closed after `since` and up to `until`, had it always been in force on these accounts and no
-- other with it: a contact's message closes its conversation when its time is over, unless they wrote again by then
-- (closing C3) or somebody else had closed it (a rule's closings are none of that: this one stands in their place).
-- Opening again by an agent arms nothing (closing E2), so it changes nothing. What a closing proved wrong was none
-- (closing C8). A message before `since` counts where its time ends after it. Nothing is locked. Of very many
-- conversations one in `every` is looked at, taken evenly.
-- `deadline` is one of the three in preview.py: of a rule without options, by the clock or by a calendar, and of one that
-- has some.
with option as materialized (
    select %(guards)s::boolean as guards, %(answers)s::boolean as answers, %(exempt_tags)s::bigint[] as exempt_tags,
           %(exempt_owners)s::bigint[] as exempt_owners, %(exempt_field)s::bigint as exempt_field,
           %(exempt_value)s::text as exempt_value
),
timed as materialized (
    select %(seconds)s::bigint as seconds, %(hours)s::bigint as hours, %(whole_days)s::boolean as whole_days
),
spoken as (
    select conversation.id, conversation.workspace_id, conversation.account_id, conversation.owner_id,
           conversation.team_id, message.received_at as at,
           lead(message.received_at) over (
               partition by message.conversation_id order by message.received_at
           ) as back_at
    from conversation
    join message on message.conversation_id = conversation.id
    where conversation.workspace_id = %(workspace)s and conversation.account_id = any(%(accounts)s::bigint[])
      and conversation.last_inbound_at > %(from)s
      and (%(every)s = 1 or abs(hashint8(conversation.id)::bigint) %% %(every)s = 0)
      and message.counts and message.received_at <= %(until)s and message.received_at > %(from)s
      and {kept}
),
said as (
    select spoken.*, {deadline} as deadline
    from spoken
),
closing as materialized (
    select said.id, said.at as said_at, said.deadline, said.back_at, {within} as visible,
           exists (
               select from message
               where message.conversation_id = said.id and message.direction = 'out'
                 and message.author_kind in ('agent', 'app', 'api')
                 and message.at > said.at and message.at <= said.deadline
           ) as answered
    from said
    where said.deadline > %(since)s and said.deadline <= %(until)s
      and (said.back_at is null or said.back_at > said.deadline)
      and not exists (
          select from closure
          where closure.conversation_id = said.id and closure.cause <> 'rule' and closure.overtaken_at is null
            and closure.undone_at is null
            and closure.closed_at between said.at and said.deadline
      )
),
total as (
    select count(*) as closings, count(distinct id) as conversations,
           count(*) filter (where back_at <= deadline + interval '1 hour') as back_in_an_hour,
           count(*) filter (where back_at <= deadline + interval '1 day') as back_in_a_day,
           count(*) filter (where not answered) as unanswered,
           count(*) filter (where visible) as visible
    from closing
),
daily as (
    select (deadline at time zone %(zone)s)::date as day, count(*) as closings
    from closing
    group by day
),
listed as (
    select * from closing
    where visible
    order by deadline desc, id desc
    limit %(most)s
)
select total.*,
       array(select day from daily order by day), array(select closings from daily order by day),
       array(select id from listed order by deadline desc, id desc),
       array(select said_at from listed order by deadline desc, id desc),
       array(select deadline from listed order by deadline desc, id desc),
       array(select back_at from listed order by deadline desc, id desc),
       array(select answered from listed order by deadline desc, id desc),
       (select min(said_at) from closing)
from total
