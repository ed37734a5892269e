-- The next published events: up to which number, how many, and whose they are.
select coalesce(max(number), 0), count(*), coalesce(array_agg(distinct workspace_id), '{}')
from (
    select number, workspace_id
    from event
    where number > greatest(
        %(after)s::bigint, (select min(after_number) from webhook where disabled_at is null and deleted_at is null)
    )
    order by number
    limit %(limit)s
) as next
