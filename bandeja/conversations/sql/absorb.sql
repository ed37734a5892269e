-- One conversation takes in another of the same account, whose contact turned out to be the same: messages, files,
-- what is to be sent, closings, markers and tags. Both are locked, and nothing is being sent or received in them.
-- `at` is the instant they become one. Every table of conversations that points at one is named here; a test holds that. Others' were carried over before.
update message
set conversation_id = %(stays)s,
    client_id = case when exists (
        select from message taken
        where taken.conversation_id = %(stays)s and taken.client_id = message.client_id
    ) then null else client_id end
where conversation_id = %(goes)s;

update attachment set conversation_id = %(stays)s
from message
where message.id = attachment.message_id and message.conversation_id = %(stays)s
  and attachment.conversation_id = %(goes)s;

update outgoing set conversation_id = %(stays)s where conversation_id = %(goes)s;

update closure set conversation_id = %(stays)s where conversation_id = %(goes)s;

-- What was published of messages stays as it was told: no index finds it, and it is pruned.
update event set conversation_id = %(stays)s
where conversation_id = %(goes)s and kind not in ('message_received', 'message_sent');
update event set conversation_id = %(stays)s where conversation_id = %(goes)s and number is null;

insert into tagging (conversation_id, tag_id)
select %(stays)s, tag_id from tagging where conversation_id = %(goes)s
order by tag_id
on conflict (conversation_id, tag_id) do nothing;
delete from tagging where conversation_id = %(goes)s;

-- It is open if either was: nobody who waits is closed on. Of two clocks the later runs on; it counts from no earlier
-- than the last message of either (closing C1), and not at all where an agent opened one of them after that (closing
-- C6). No clock is started here: only the contact's writing does that. One that either is kept open for stays so, and
-- has none (closing C9). A snooze ends where the other is open and in sight: its clock, if one runs, starts anew then, so
-- that nothing closes at once (closing S4); of two snoozes the one that ends first stays. It is what we began and nobody
-- answered if all of the two that is open is, and the contact has written in neither since: else only a clock that a contact's message started runs on (closing N4).
-- Where none runs, a closing that was withheld stays so (closing G2, G3). Where an answer goes, and until when, is what the contact's last message said.
with said_last as (
    select case when bool_and(unheard_at is not null) filter (where status = 'open')
                 and coalesce(max(last_inbound_at) < min(opened_at) filter (where status = 'open'), true)
           then max(unheard_at) filter (where status = 'open') end as at
    from conversation
    where id in (%(stays)s, %(goes)s)
),
clock as (
    select armed_at, look_at
    from conversation
    cross join said_last
    where id in (%(stays)s, %(goes)s) and armed_at is not null and (unheard_at is null or said_last.at is not null)
    order by armed_at desc, look_at
    limit 1
),
latest as (
    select max(last_inbound_at) as inbound_at,
           coalesce(max(agent_opened_at) filter (where status = 'open'),
                    case when bool_and(status = 'closed') then max(agent_opened_at) end) as agent_opened_at
    from conversation
    where id in (%(stays)s, %(goes)s)
),
kept as (
    select kept_at, kept_until, kept_by_id, kept_reason, snoozed_at
    from conversation
    where id in (%(stays)s, %(goes)s) and kept_at is not null
      and (snoozed_at is null or not exists (
          select from conversation as other
          where other.id in (%(stays)s, %(goes)s) and other.status = 'open' and other.snoozed_at is null
      ))
    order by case when snoozed_at is null then coalesce(kept_until, 'infinity') end desc nulls last,
             kept_until nulls last, id = %(stays)s desc
    limit 1
),
woken as (
    select %(at)s::timestamptz as at
    from conversation
    where id in (%(stays)s, %(goes)s) and snoozed_at is not null and not exists (select from kept)
),
runs as (
    select greatest(clock.armed_at, latest.inbound_at, woken.at) as armed_at,
           case when latest.inbound_at > clock.armed_at or woken.at is not null then %(at)s::timestamptz else clock.look_at end as look_at
    from clock
    cross join latest
    left join woken on true
    where latest.agent_opened_at is null or latest.agent_opened_at <= greatest(clock.armed_at, latest.inbound_at)
),
withheld as (
    select withheld_at, withheld_for
    from conversation
    where id in (%(stays)s, %(goes)s) and withheld_at is not null
      and not exists (select from runs) and not exists (select from kept)
    order by withheld_at desc, id = %(stays)s desc
    limit 1
),
writes as (
    select window_at, free_until, address
    from conversation
    where id in (%(stays)s, %(goes)s)
    order by last_inbound_at desc nulls last, id = %(stays)s desc
    limit 1
)
update conversation as stays
set status = case when 'open' in (stays.status, goes.status) then 'open' else 'closed' end,
    closed_at = case when stays.status = 'closed' and goes.status = 'closed'
                then greatest(stays.closed_at, goes.closed_at) end,
    opened_at = case when stays.status <> goes.status
                then case stays.status when 'open' then stays.opened_at else goes.opened_at end
                else least(stays.opened_at, goes.opened_at) end,
    agent_opened_at = latest.agent_opened_at,
    created_at = least(stays.created_at, goes.created_at),
    owner_id = holder.owner_id,
    team_id = holder.team_id,
    unread = stays.unread + goes.unread,
    last_inbound_at = greatest(stays.last_inbound_at, goes.last_inbound_at),
    last_inbound_id = greatest(stays.last_inbound_id, goes.last_inbound_id),
    last_message_at = said.last_message_at,
    last_message_text = said.last_message_text,
    last_message_direction = said.last_message_direction,
    last_message_kind = said.last_message_kind,
    window_at = writes.window_at,
    free_until = writes.free_until,
    address = writes.address,
    armed_at = case when kept.kept_at is null then runs.armed_at end,
    look_at = case when kept.kept_at is null then runs.look_at end,
    included_at = greatest(stays.included_at, goes.included_at),
    kept_at = kept.kept_at,
    kept_until = kept.kept_until,
    kept_by_id = kept.kept_by_id,
    kept_reason = coalesce(kept.kept_reason, ''),
    snoozed_at = kept.snoozed_at,
    answered_at = greatest(stays.answered_at, goes.answered_at),
    unheard_at = (select at from said_last),
    withheld_at = withheld.withheld_at,
    withheld_for = coalesce(withheld.withheld_for, '')
from conversation as goes
cross join latest
cross join writes
cross join lateral (
    select owner_id, team_id
    from conversation
    where id in (%(stays)s, %(goes)s)
    order by owner_id is null, owner_id is null and team_id is null, id = %(stays)s desc
    limit 1
) as holder
cross join lateral (
    select last_message_at, last_message_text, last_message_direction, last_message_kind
    from conversation
    where id in (%(stays)s, %(goes)s)
    order by last_message_at desc, id = %(stays)s desc
    limit 1
) as said
left join runs on true
left join kept on true
left join withheld on true
where stays.id = %(stays)s and goes.id = %(goes)s;

delete from conversation where id = %(goes)s
