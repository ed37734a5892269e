-- Take back that these conversations were included at an instant, where nothing else has included them since (closing
-- I4), and which we have not begun anew since (closing N1). One whose contact has written under cover since keeps its clock; `mark` is the last message there was then. The
-- others have the clock they would have had: none, but for one that was kept open (withheld) and released since, whose
-- contact had written under cover before; that a pause put their clock off is no such start (closing H3). `covers` is as in include.sql.
with cover as materialized (
    select * from json_to_recordset(%(covers)s::json) as cover (account_id bigint, begins timestamptz, seconds bigint)
),
chosen as materialized (
    select id, account_id, armed_at, last_inbound_at, last_inbound_id, agent_opened_at
    from conversation
    where id = any(%(ids)s::bigint[]) and status = 'open' and included_at = %(included_at)s and unheard_at is null
    order by id
    for update
),
judged as (
    select chosen.id, chosen.armed_at, last_inbound_id > %(mark)s as wrote,
           armed_at > %(included_at)s and exists (
               select from event
               where event.conversation_id = chosen.id and event.at > %(included_at)s
                 and event.kind in ('conversation_released', 'conversation_woken', 'closing_resumed')
           ) as released,
           coalesce(last_inbound_at >= greatest(cover.begins, agent_opened_at) and cover.begins is not null, false) as armable
    from chosen
    left join cover using (account_id)
),
excluded as (
    update conversation set
        included_at = null,
        armed_at = case when armable and released then judged.armed_at end,
        look_at = case when armable and released then look_at end
    from judged
    where conversation.id = judged.id and not (armable and wrote)
    returning conversation.id
)
select array(select id from excluded order by id)
