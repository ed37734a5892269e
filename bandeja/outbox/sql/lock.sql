-- Lock messages whose fate came in, and those of the same external ids: echoes that were joined on their own.
with known as (
    select unnest(%(ids)s::bigint[]) as id
    union
    select message.id
    from unnest(%(accounts)s::bigint[], %(external_ids)s::text[]) as told (account_id, external_id)
    join message using (account_id, external_id)
)
select message.id, message.account_id, message.external_id, message.state
from message
join known using (id)
order by message.id
for update of message
