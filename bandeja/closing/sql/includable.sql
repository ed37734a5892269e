-- How many open conversations of each account may be included (closing I1): no clock runs, the contact has written, nobody
-- opened it again after that, and nobody keeps it open. `places` says since when each account is covered; where that is
-- null it is about to be, and every clock of it will be void.
with place as materialized (
    select * from json_to_recordset(%(places)s::json) as place (account_id bigint, begins timestamptz)
)
select conversation.account_id, count(*)
from conversation
join place using (account_id)
where workspace_id = %(workspace)s and {includable}
  and (armed_at is null or armed_at < coalesce(place.begins, 'infinity'))
group by conversation.account_id
