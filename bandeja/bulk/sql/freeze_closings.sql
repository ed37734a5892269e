-- Write down in batches what closings found: what is to be brought back, each with a mark of its own.
with {was},
numbered as (
    select was, was.id, row_number() over (order by was.id) - 1 as place from was
),
written as (
    insert into bulk_batch (bulk_id, position, ids, before)
    select %(undoing)s::bigint, place / %(most)s::integer, array_agg(id order by id), jsonb_agg(to_jsonb(was) order by id)
    from numbered
    group by place / %(most)s::integer
    returning cardinality(ids) as size
)
select coalesce(sum(size), 0)::integer from written
