-- Take the oldest deliveries that wait and whose back-off is over, skipping those another drain holds; after the first
-- only while what was taken is less than so many bytes: a batch of the largest must fit into memory. What is held and not
-- taken is held until the end, and told with each.
with waiting as materialized (
    select id, account_id, app_id, channel, body, headers, received_at
    from receipt
    where processed_at is null and parked_at is null
      and (look_at is null or look_at <= bandeja_now())
      and (%(only)s::bigint[] is null or id = any(%(only)s::bigint[]))
    order by id
    limit %(limit)s
    for update skip locked
)
select id, account_id, app_id, channel, body, headers, received_at, waited > count(*) over () as is_cut
from (select *, sum(octet_length(body)) over (order by id) - octet_length(body) as before, count(*) over () as waited
      from waiting) as counted
where before < %(bytes)s
order by id
