-- Take contacts of whom the channel never told a name: of each account that may be asked, those that wait longest, for
-- as long as the lease. One index probe finds each account with any; accounts that this worker asks already, or lets
-- rest, are left out. One named meanwhile is asked about no more.
with recursive instant as materialized (
    select bandeja_now() as at
),
waiting as (
    (select account_id from identity where look_at is not null order by account_id limit 1)
    union all
    select (select account_id from identity
            where look_at is not null and account_id > waiting.account_id order by account_id limit 1)
    from waiting
    where waiting.account_id is not null
),
able as (
    select account.id
    from instant
    cross join waiting
    join account on account.id = waiting.account_id
    join credential on credential.account_id = account.id
    left join health on health.account_id = account.id
    where account.disconnected_at is null
      and account.channel = any(%(channels)s::text[])
      and not account.id = any(%(busy)s::bigint[])
      and (health.held_until is null or health.held_until <= instant.at)
      and health.has_valid_token is distinct from false
      and coalesce(health.error ->> 'fault', '') not in ('token', 'account')
      and exists (
          select from identity where identity.account_id = account.id and identity.look_at <= instant.at
      )
    limit %(accounts)s
),
due as materialized (
    select one.id, one.contact_id
    from instant
    cross join able
    cross join lateral (
        select id, contact_id
        from identity
        where identity.account_id = able.id and identity.look_at <= instant.at
        order by look_at
        limit %(people)s
        for update skip locked
    ) as one
)
update identity
set look_at = case when contact.name = '' then bandeja_now() + %(lease)s end
from due join contact on contact.id = due.contact_id
where identity.id = due.id
returning identity.account_id, identity.id, identity.workspace_id, identity.value, identity.tries,
          identity.look_at is not null
