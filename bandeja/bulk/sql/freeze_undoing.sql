-- What an action changed becomes the batches of its undoing; those that changed nothing leave no gap.
insert into bulk_batch (bulk_id, position, ids, before, mark)
select %(undoing)s, row_number() over (order by position) - 1,
       array(select (was ->> 'id')::bigint from jsonb_array_elements(before) as was order by 1), before, mark
from bulk_batch
where bulk_id = %(done)s and jsonb_array_length(before) > 0
