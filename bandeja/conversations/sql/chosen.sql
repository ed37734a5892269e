-- What a person or a program chose to close: locked in order of id, within what they may reach, leaving out those
-- that have a newer inbound message than the one they saw, or than the instant they confirmed (closing D1).
chosen as materialized (
    select id, status, armed_at, null::timestamptz as deadline, last_inbound_at, owner_id, unread,
           case when kept_at is not null then jsonb_build_object(
               'kept_at', kept_at, 'kept_until', kept_until, 'kept_by_id', kept_by_id, 'kept_reason', kept_reason,
               'snoozed_at', snoozed_at
           ) when withheld_at is not null then jsonb_build_object(
               'withheld_at', withheld_at, 'withheld_for', withheld_for
           ) end as kept,
           coalesce(last_inbound_id > %(seen)s::bigint, false)
           or coalesce(last_inbound_at > %(confirmed_at)s::timestamptz, false) as newer
    from conversation
    where id = any(%(ids)s::bigint[])
      and {within}
    order by id
    for update
),
target as (
    select * from chosen where status = 'open' and not newer
)
