-- The rule that covers each of the accounts that {which} names now, and since when without a gap: the latest of its joining the
-- rule, its connection, and the workspace's plan. An account without all three has no row. Beside it since when closing
-- is paused there, if it is, and when the pauses ended that may still concern a clock: one that ends while another goes
-- on is no end (closing H3).
select coverage.account_id, rule.id, rule.name, rule.amount, rule.unit, rule.reason,
       greatest(coverage.covered_since, account.connected_at, workspace.entitled_since),
       history.seconds, history.until, history.answers,
       rule.since, rule.waiting, rule.waiting_agent_id, rule.waiting_team_id,
       rule.exempt_tags, rule.exempt_owners, rule.exempt_field_id, rule.exempt_value,
       paused.since, coalesce(paused.ends, '{}')
from coverage
join rule on rule.id = coverage.rule_id
join account on account.id = coverage.account_id
join workspace on workspace.id = account.workspace_id
cross join lateral (
    select array_agg(seconds order by since) as seconds, array_agg(until order by since) as until,
           array_agg(answers order by since) as answers
    from rule_time where rule_time.rule_id = rule.id
) as history
cross join lateral (
    select min(pause.since) filter (where pause.until is null) as since,
           array_agg(pause.until order by pause.until) filter (where not exists (
               select from pause as other
               where other.workspace_id = pause.workspace_id and not other.settled
                 and (other.account_id is null or other.account_id = account.id)
                 and other.since <= pause.until and (other.until is null or other.until > pause.until)
           ) and pause.until is not null) as ends
    from pause
    where pause.workspace_id = account.workspace_id and not pause.settled
      and (pause.account_id is null or pause.account_id = account.id)
) as paused
where {which}
  and coverage.covered_since is not null
  and account.disconnected_at is null
  and workspace.entitled_since is not null
