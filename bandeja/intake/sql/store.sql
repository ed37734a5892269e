-- Store the deliveries that came together as receipts, in one commit.
-- The shared lock comes first and the instant after it: a sweep that takes 8301 alone has waited for every store
-- stamped before it reads, so no receipt turns up later with an earlier `received_at` (closing C8).
with lock as materialized (
    select pg_advisory_xact_lock_shared(8301)
),
instant as materialized (
    select bandeja_now() as at from lock
)
insert into receipt (account_id, app_id, channel, body, headers, received_at)
select came.account_id, came.app_id, came.channel, came.body, came.headers, instant.at
from instant,
     rows from (
         unnest(%(account_ids)s::bigint[]),
         unnest(%(app_ids)s::bigint[]),
         unnest(%(channels)s::text[]),
         unnest(%(bodies)s::bytea[]),
         jsonb_array_elements(%(headers)s::jsonb)
     ) as came (account_id, app_id, channel, body, headers)
