-- The accounts that have something to send and may: one index probe for each, whatever waits behind it. Due tells that
-- a message may be tried, seconds in how long the first of them may be.
with recursive instant as materialized (
    select bandeja_now() as at
),
waiting as (
    (select account_id from outgoing order by account_id limit 1)
    union all
    select (select account_id from outgoing where account_id > waiting.account_id order by account_id limit 1)
    from waiting
    where waiting.account_id is not null
)
select account.id, account.channel, account.config @> '{"coexistence": true}' as coexists,
       first.look_at <= instant.at as due, extract(epoch from first.look_at - instant.at)::float8 as seconds
from instant
cross join waiting
join account on account.id = waiting.account_id
left join health on health.account_id = account.id
cross join lateral (
    select look_at from outgoing
    where outgoing.account_id = account.id and sending_at is null
    order by look_at
    limit 1
) as first
where account.disconnected_at is null
  and account.channel = any(%(channels)s::text[])
  and (health.held_until is null or health.held_until <= instant.at)
  and health.has_valid_token is distinct from false
  and coalesce(health.error ->> 'fault', '') not in ('token', 'account')
