-- The rule that covers each of the accounts that {which} names now, and since when without a gap: the latest of its joining the
-- rule, its connection, and the workspace's plan. An account without all three has no row. Beside it since when closing
-- is paused there, if it is, and when the pauses ended that may still concern a clock: one that ends while another goes
-- on is no end (closing H3). Last, since when it closes what we began and nobody answered, if it does (closing N1).
select coverage.account_id, rule.id, rule.name, rule.amount, rule.unit, rule.reason,
       greatest(coverage.covered_since, account.connected_at, workspace.entitled_since),
       history.seconds, history.until, history.answers, history.hours, history.whole_days,
       history.unheard_seconds, history.unheard_days,
       rule.since, rule.waiting, rule.waiting_agent_id, rule.waiting_team_id,
       rule.exempt_tags, rule.exempt_owners, rule.exempt_field_id, rule.exempt_value, rule.calendar_id,
       rule.unheard_amount, rule.unheard_unit,
       paused.since, coalesce(paused.ends, '{}'),
       case when rule.unheard_amount is not null then greatest(
           coverage.covered_since, account.connected_at, workspace.entitled_since, history.unheard_since
       ) end
from coverage
join rule on rule.id = coverage.rule_id
join account on account.id = coverage.account_id
join workspace on workspace.id = account.workspace_id
cross join lateral (
    select array_agg(seconds order by since) as seconds, array_agg(until order by since) as until,
           array_agg(answers order by since) as answers, array_agg(hours_id order by since) as hours,
           array_agg(whole_days order by since) as whole_days,
           array_agg(unheard_seconds order by since) as unheard_seconds,
           array_agg(unheard_days order by since) as unheard_days,
           max(until) filter (where unheard_seconds is null) as unheard_since
    from rule_time
    where rule_time.rule_id = rule.id
      -- A clock that was armed before cover began is void.
      and coalesce(until > greatest(coverage.covered_since, account.connected_at, workspace.entitled_since), true)
) as history
cross join lateral (
    select min(since) filter (where until = 'infinity') as since,
           array_agg(reach order by reach) filter (where reach < 'infinity' and coalesce(reach < next, true)) as ends
    from (
        select since, ended.until, max(ended.until) over in_order as reach, lead(since) over in_order as next
        from pause
        cross join lateral (select coalesce(pause.until, 'infinity')) as ended (until)
        where pause.workspace_id = account.workspace_id and not pause.settled
          and (pause.account_id is null or pause.account_id = account.id)
        window in_order as (order by since, pause.id)
    ) as each
) as paused
where {which}
  and coverage.covered_since is not null
  and account.disconnected_at is null
  and workspace.entitled_since is not null
