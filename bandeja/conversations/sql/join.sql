-- Join messages to conversations already locked: messages, files, unread, opening, clock and events at once.
-- A message that is already there changes nothing at all (closing C5). Items come with what they would arm, and with
-- whether their conversation was closed when it was locked; what says nothing is left out of them. An echo is shown as
-- the latest and no more; history not even that, unless nothing else is there (closing C4, C5).
with item as materialized (
    select nextval(pg_get_serial_sequence('message', 'id')) as id, arrived.*
    from json_to_recordset(%(items)s::json) as arrived (
        conversation_id bigint, workspace_id bigint, account_id bigint, external_id text, kind text, text text,
        counts boolean, provider_at timestamptz, received_at timestamptz, data jsonb, begins timestamptz,
        armed_at timestamptz, look_at timestamptz, was_closed boolean, echo boolean, history boolean,
        reply_to text, window_at timestamptz, address text, media json, was_snoozed boolean
    )
),
fresh as (
    insert into message (
        id, workspace_id, account_id, conversation_id, direction, kind, text, external_id, counts, at,
        provider_at, received_at, author_kind, data, reply_to, state, imported
    )
    select id, workspace_id, account_id, conversation_id, case when echo then 'out' else 'in' end, kind, text,
           external_id, counts, coalesce(provider_at, received_at), provider_at, received_at,
           case when echo then 'app' else 'contact' end, coalesce(data, '{}'), coalesce(reply_to, ''),
           case when echo and history is null then 'sent' else '' end, coalesce(history, false)
    from item
    order by account_id, external_id
    on conflict (account_id, external_id) where external_id is not null do nothing
    returning id, conversation_id, at
),
news as materialized (
    select item.*, fresh.at
    from fresh
    join item using (id)
    where item.counts
),
tally as (
    select conversation_id, count(*) as unread, max(window_at) as window_at, max(received_at) as last_inbound_at,
           max(id) as last_inbound_id, min(id) as first_id, min(begins) as begins,
           bool_or(was_closed) is true as was_closed, bool_or(was_snoozed) is true as was_snoozed
    from news
    group by conversation_id
),
-- What a person of ours wrote in the channel's own app answers the contact, unless they wrote after it: by the channel's
-- dates, for it may come late, or together with what they wrote (closing G1).
answer as (
    select fresh.conversation_id, max(item.received_at) as at
    from fresh
    join item using (id, conversation_id)
    where echo and history is null
      and not exists (
          select from news where news.conversation_id = fresh.conversation_id and news.at > fresh.at
      )
      and not exists (
          select from message
          where message.conversation_id = fresh.conversation_id and message.counts and message.at > fresh.at
      )
    group by fresh.conversation_id
),
-- Where we had begun it and they have not written since it was opened, that starts its clock, as what we write here does
-- (`unheard.py`, closing N2). It counts from its joining: whatever is joined late closes nothing at once.
spoke as materialized (
    select conversation.id, kept_at is null as starts
    from answer
    join conversation on conversation.id = answer.conversation_id
    where status = 'open' and {unheard}
      and not exists (select from news where news.conversation_id = conversation.id)
),
-- What the list shows as the latest: what counts and what we said; of what was imported only where nothing else is.
-- It may have been edited or unsent before it came, or with it.
newest as (
    select distinct on (conversation_id) conversation_id, fresh.at, text, kind, account_id, external_id,
           case when echo then 'out' else 'in' end as direction
    from fresh
    join item using (id, conversation_id)
    where counts or echo or history
    order by conversation_id, fresh.at desc, id desc
),
latest as (
    select newest.conversation_id, newest.at, newest.kind, newest.direction,
           left(coalesce(told.text, newest.text), 200) as text
    from newest
    left join lateral (
        select case when annotation.kind = 'edit' then annotation.text else '' end as text
        from annotation
        where annotation.account_id = newest.account_id and annotation.target = newest.external_id
          and annotation.kind in ('edit', 'unsend')
        order by annotation.kind = 'unsend' desc, annotation.at desc
        limit 1
    ) as told on true
),
address as (
    select distinct on (conversation_id) conversation_id, address
    from news
    order by conversation_id, received_at desc, id desc
),
clock as (
    select distinct on (conversation_id) conversation_id, armed_at, look_at
    from news
    where armed_at is not null
    order by conversation_id, armed_at desc, look_at desc
),
moved as (
    update conversation set
        status = case when tally.unread > 0 then 'open' else conversation.status end,
        closed_at = case when tally.unread > 0 then null else conversation.closed_at end,
        opened_at = case when tally.was_closed then %(at)s else conversation.opened_at end,
        unread = conversation.unread + coalesce(tally.unread, 0),
        last_inbound_at = greatest(conversation.last_inbound_at, tally.last_inbound_at),
        last_inbound_id = greatest(conversation.last_inbound_id, tally.last_inbound_id),
        last_message_at = greatest(conversation.last_message_at, latest.at),
        last_message_text = case when latest.at >= conversation.last_message_at
                            then latest.text else conversation.last_message_text end,
        last_message_direction = case when latest.at >= conversation.last_message_at
                                 then latest.direction else conversation.last_message_direction end,
        last_message_kind = case when latest.at >= conversation.last_message_at
                            then latest.kind else conversation.last_message_kind end,
        window_at = greatest(conversation.window_at, tally.window_at),
        address = coalesce(address.address, conversation.address),
        answered_at = greatest(conversation.answered_at, answer.at),
        unheard_at = case when spoke.id is not null then greatest(conversation.unheard_at, %(at)s)
                          when tally.unread is null then conversation.unheard_at end,
        kept_at = case when tally.was_snoozed then null else conversation.kept_at end,
        kept_until = case when tally.was_snoozed then null else conversation.kept_until end,
        kept_by_id = case when tally.was_snoozed then null else conversation.kept_by_id end,
        kept_reason = case when tally.was_snoozed then '' else conversation.kept_reason end,
        snoozed_at = case when tally.was_snoozed then null else conversation.snoozed_at end,
        withheld_at = case when clock.armed_at is null and spoke.starts is not true then conversation.withheld_at end,
        withheld_for = case when clock.armed_at is null and spoke.starts is not true then conversation.withheld_for else '' end,
        armed_at = case when spoke.starts then greatest(conversation.armed_at, %(at)s)
                        when tally.unread > 0 and conversation.unheard_at is not null then clock.armed_at
                        when clock.armed_at > coalesce(conversation.armed_at, '-infinity') then clock.armed_at
                        when tally.unread is null or conversation.armed_at >= tally.begins
                        then conversation.armed_at end,
        look_at = case when spoke.starts then %(at)s
                       when tally.unread > 0 and conversation.unheard_at is not null then clock.look_at
                       when clock.armed_at > coalesce(conversation.armed_at, '-infinity') then clock.look_at
                       when tally.unread is null or conversation.armed_at >= tally.begins
                       then conversation.look_at end
    from latest
    left join tally using (conversation_id)
    left join address using (conversation_id)
    left join clock using (conversation_id)
    left join answer using (conversation_id)
    left join spoke on spoke.id = latest.conversation_id
    where conversation.id = latest.conversation_id
    returning conversation.id, conversation.workspace_id, tally.first_id, tally.was_closed, tally.was_snoozed
),
overtaken as (
    update closure set overtaken_at = %(at)s
    from (
        select distinct proven.id
        from news
        cross join lateral (
            (select id from closure
             where closure.conversation_id = news.conversation_id and closed_at > news.received_at
             order by closed_at desc, id desc limit 1)
            union all
            (select id from closure
             where closure.conversation_id = news.conversation_id and closed_at >= news.received_at
               and cause = 'rule' and armed_at < news.received_at and news.received_at <= deadline)
        ) as proven
    ) as wrong
    where closure.id = wrong.id and closure.overtaken_at is null
    returning closure.conversation_id
),
opened as (
    insert into event (workspace_id, conversation_id, kind, at, actor_kind, message_id, data)
    select moved.workspace_id, moved.id, 'conversation_opened', %(at)s, 'contact', moved.first_id,
           case when moved.was_closed then jsonb_build_object(
               'reopened', previous.cause is not null, 'cause', previous.cause, 'reason', previous.reason,
               'overtaken', exists (select from overtaken where overtaken.conversation_id = moved.id)
           ) else jsonb_build_object('reopened', false) end
    from moved
    left join lateral (
        select cause, reason from closure
        where closure.conversation_id = moved.id
        order by closed_at desc, id desc limit 1
    ) as previous on moved.was_closed
    where moved.was_closed
       -- Who is answered by the contact has begun it: that opens nothing (closing F1).
       or (moved.id = any(%(created)s::bigint[]) and moved.first_id is not null and not exists (
           select from fresh
           join item using (id, conversation_id)
           where fresh.conversation_id = moved.id and item.echo and fresh.id < moved.first_id
       ))
    order by moved.id
),
woken as (
    insert into event (workspace_id, conversation_id, kind, at, actor_kind, message_id, data)
    select workspace_id, id, 'conversation_woken', %(at)s, 'contact', first_id,
           -- Read as it was: what this statement writes it does not see.
           (select jsonb_build_object('by', kept_by_id) from conversation where conversation.id = moved.id)
    from moved
    where was_snoozed
    order by id
),
received as (
    insert into event (workspace_id, conversation_id, kind, at, actor_kind, message_id)
    select workspace_id, conversation_id, 'message_received', %(at)s, 'contact', id
    from news
    order by id
),
said as (
    insert into event (workspace_id, conversation_id, kind, at, actor_kind, message_id)
    select workspace_id, conversation_id, 'message_sent', %(at)s, 'app', id
    from fresh
    join item using (id, conversation_id)
    where echo and history is null
    order by id
),
file as (
    insert into attachment (
        message_id, workspace_id, account_id, conversation_id, position, kind, mime, name, sha256, remote, is_url,
        state, error, look_at
    )
    select fresh.id, workspace_id, account_id, item.conversation_id, position, file.kind, mime, name, sha256, remote,
           is_url, state, error, case when state = 'waiting' then %(at)s end
    from fresh
    join item using (id)
    cross join json_to_recordset(item.media) as file (
        position smallint, kind text, mime text, name text, sha256 text, remote text, is_url boolean, state text,
        error text
    )
    where item.media is not null
)
select array(select id from fresh order by id),
       array(select distinct conversation_id from fresh),
       (select count(*) from moved where was_closed)
