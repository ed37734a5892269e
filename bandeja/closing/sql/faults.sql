-- Accounts of {which} whose faults and pauses do not go together, and what is to be done (closing H4): 'begin' where a
-- fault disconnects one whose workspace heeds that; 'catch up' where one is found and over already, as a lost subscription
-- mostly is: what was missed is to be fetched all the same; 'mend' where the fault is over and that is so; 'break' where
-- it is back; 'end' where all is well, heeded no more, or fetching has taken `patience`.
select account.id, judged.due
from account
join workspace on workspace.id = account.workspace_id
left join health on health.account_id = account.id
left join pause on pause.account_id = account.id and pause.until is null and not pause.settled
cross join lateral (
    select workspace.heeds_faults and account.disconnected_at is null as heeded,
           coalesce(not health.has_valid_token or not health.is_subscribed, false) as broken
) as fault
cross join lateral (
    select case
        when heeded and broken then case when pause.id is null then 'begin' when pause.mended_at is not null then 'break' end
        when pause.id is null then
            case when heeded and health.missed_since is not null and not exists (
                select from pause as before where before.account_id = account.id and before.until >= coalesce(health.lost_at, '-infinity')
            ) then 'catch up' end
        when not heeded or health.missed_since is null or pause.mended_at <= bandeja_now() - %(patience)s::interval then 'end'
        when pause.mended_at is null then 'mend'
    end as due
) as judged
where {which} and judged.due is not null
order by account.id
