-- Write down in batches what matched. Its parameters come by position, after those of what it looks for.
with matched (id) as ({matched}),
numbered as (
    select id, row_number() over (order by id) - 1 as place from matched
),
wanted as (
    select %s::bigint as bulk_id, %s::integer as most
),
written as (
    insert into bulk_batch (bulk_id, position, ids)
    select bulk_id, place / most, array_agg(id order by id)
    from numbered, wanted
    group by bulk_id, place / most
    returning cardinality(ids) as size
)
select coalesce(sum(size), 0)::integer from written
