-- Write down in batches of %(most)s what may be included: what was there when it was asked for (closing I2).
with place as materialized (
    select * from json_to_recordset(%(covers)s::json) as place (account_id bigint, begins timestamptz)
),
found as (
    select id, row_number() over (order by id) - 1 as place
    from conversation
    join place using (account_id)
    where workspace_id = %(workspace)s and {includable} and created_at <= %(asked_at)s
      and (armed_at is null or armed_at < place.begins)
),
written as (
    insert into inclusion_batch (inclusion_id, position, ids)
    select %(inclusion)s, found.place / %(most)s::integer, array_agg(id order by id)
    from found
    group by found.place / %(most)s::integer
    returning cardinality(ids) as size
)
select coalesce(sum(size), 0)::integer from written
