-- Have the clocks of these conversations run from this instant, though their contacts have not written since cover began
-- (closing I1): where they wrote at all, nobody opened it again after that, nobody keeps it open, and under this cover
-- no clock runs and nothing is withheld. It counts as if they had written, so it is none that nobody answered any more.
-- `covers` says of each account that has one since when, and the seconds; the caller is behind their gates.
with cover as materialized (
    select * from json_to_recordset(%(covers)s::json) as cover (account_id bigint, begins timestamptz, seconds bigint)
),
chosen as materialized (
    select id, account_id, greatest(armed_at, withheld_at) as stands_since
    from conversation
    where id = any(%(ids)s::bigint[])
      and {includable}
    order by id
    for update
),
instant as materialized (
    select coalesce(%(at)s::timestamptz, bandeja_now()) as at from (select count(*) from chosen) as locked
),
included as (
    update conversation set
        armed_at = instant.at,
        look_at = instant.at + make_interval(secs => cover.seconds),
        included_at = instant.at,
        unheard_at = null,
        withheld_at = null,
        withheld_for = ''
    from instant, chosen
    join cover using (account_id)
    where conversation.id = chosen.id and (stands_since is null or stands_since < cover.begins)
    returning conversation.id
)
select (select at from instant), array(select id from included order by id),
       (select count(*) from chosen where account_id not in (select account_id from cover))
