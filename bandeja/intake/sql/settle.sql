-- These deliveries are joined, in the transaction that joined them; what could not be understood is set aside.
update receipt
set processed_at = bandeja_now(),
    bad_items = bad::jsonb,
    parked_at = case when bad is not null then bandeja_now() end,
    look_at = null
from unnest(%(ids)s::bigint[], %(bad)s::text[]) as settled (id, bad)
where receipt.id = settled.id
