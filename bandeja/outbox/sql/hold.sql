-- Keep what channels said of accounts themselves: how long to be silent, what is wrong. A fault told to a token that
-- has been replaced since is none of the new one's.
insert into health (account_id, held_until, error, error_at)
select told.account_id, now + hold * interval '1 second', error, case when error is not null then now end
from json_to_recordset(%(told)s::json) as told (account_id bigint, hold float8, error jsonb, claimed_at timestamptz)
cross join (select bandeja_now() as now) as instant
left join credential on credential.account_id = told.account_id
where error is null or credential.refreshed_at is null or credential.refreshed_at <= claimed_at
order by told.account_id
on conflict (account_id) do update
    set held_until = greatest(health.held_until, excluded.held_until),
        error = coalesce(excluded.error, health.error),
        error_at = coalesce(excluded.error_at, health.error_at),
        look_at = case when excluded.error is null then health.look_at else bandeja_now() end
