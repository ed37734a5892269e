-- How many closings there were of each cause, reason, rule, account and owner, the most first, and how many of them were
-- by a rule. The closings are read once, and by helpers too: what is alike in all is counted together first, for
-- grouping sets alone would look each closing up five times, and without help. Of each side come %(most)s lines at the
-- most, of the few causes all, each with how many there are. A rule goes by its name at its last closing.
with cell as materialized (
    select cause, reason, rule_id, account_id, owner_id, count(*) as closings, min(id) as first, max(id) as latest
    from closure
    where {asked}
    group by cause, reason, rule_id, account_id, owner_id
),
line as (
    select case grouping(cause, reason, rule_id, account_id, owner_id)
               when 15 then 'cause' when 23 then 'reason' when 27 then 'rule' when 29 then 'account' else 'owner'
           end as side,
           coalesce(rule_id, account_id, owner_id) as id, coalesce(cause, reason) as value,
           min(first) as first, max(latest) as latest,
           sum(closings)::bigint as closings,
           coalesce(sum(closings) filter (where cell.cause = 'rule'), 0)::bigint as by_rule
    from cell
    group by grouping sets ((cause), (reason), (rule_id), (account_id), (owner_id))
    having grouping(rule_id) = 1 or rule_id is not null
),
ranked as (
    select *, row_number() over (partition by side order by closings desc, value, id) as place,
           count(*) over (partition by side) as lines
    from line
)
select side, id,
       case side when 'rule' then (select rule_name from closure where closure.id = ranked.latest)
                 else coalesce(value, '') end,
       closings, by_rule, first, latest, lines
from ranked
where place <= %(most)s or side = 'cause'
order by side, place
