-- The instant, and of each workspace when the first of its clocks may be warned of: a probe of the sweep's index for each
-- account of a rule that warns, and nothing where none does. A clock runs out no earlier than it is looked at.
with instant as materialized (
    select bandeja_now() as at
)
select instant.at, rule.workspace_id, min(head.look_at - ahead.longest)
from instant
cross join rule
cross join lateral (
    select make_interval(secs => max(extract(epoch from each::interval))) as longest from unnest(rule.warnings) as each
) as ahead
join coverage on coverage.rule_id = rule.id and coverage.covered_since is not null
cross join lateral (
    select look_at from conversation
    where conversation.account_id = coverage.account_id and look_at is not null
    order by look_at
    limit 1
) as head
where cardinality(rule.warnings) > 0
group by instant.at, rule.workspace_id
