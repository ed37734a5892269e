-- Whom a workspace's rules have to warn, as far as one sees without a lock: of the clocks that may run out within the
-- longest time that their rule warns ahead, those whose deadline says so (closing W3, W4). Two parts of standing.sql:
-- which conversations are read, and what is answered of them. What was warned, and cannot be due for the next warning
-- yet, is left out before it is judged: a clock runs out no earlier than it is looked at.
id = any(array(
    select theirs.id
    from cover
    join rule on rule.id = cover.rule_id
    cross join lateral (
        select make_interval(secs => max(extract(epoch from each::interval))) as longest
        from unnest(rule.warnings) as each
    ) as ahead
    join conversation as theirs on theirs.account_id = cover.account_id
     and theirs.look_at <= %(at)s + ahead.longest
    where cover.paused_at is null and cover.account_id <> all(%(held)s::bigint[])
      and not exists (
          select from warning
          where warning.conversation_id = theirs.id and warning.armed_at = theirs.armed_at
            and warning.at >= coalesce(theirs.answered_at, '-infinity') and warning.at >= all(cover.ends)
            and theirs.look_at > %(at)s + coalesce(
                (select make_interval(secs => max(extract(epoch from said::interval)))
                 from unnest(rule.warnings) with ordinality as later (said, ordinal)
                 where later.ordinal > warning.ordinal),
                interval '-1 year'
            )
      )
))
-- /
select judged.id, judged.account_id
from (select * from judged offset 0) as judged
join cover on cover.account_id = judged.account_id
join rule on rule.id = cover.rule_id
join contact on contact.id = judged.contact_id and contact.blocked_at is null
cross join lateral (
    select ordinal, time
    from unnest(rule.warnings) with ordinality as each (said, ordinal)
    cross join lateral (select make_interval(secs => extract(epoch from said::interval)) as time) as typed
    where judged.deadline - time <= %(at)s
      -- A warning is shorter than the rule's time (closing W1); than that of what nobody answered it may not be.
      and (judged.unheard_at is null or time < make_interval(secs => judged.seconds[cardinality(judged.seconds)]))
    order by time
    limit 1
) as due
where judged.deadline > %(at)s
  and (judged.deadline - %(at)s) * 2 >= due.time
  and judged.withholds is null
  and not exists (
      select from warning
      where warning.conversation_id = judged.id and warning.armed_at = judged.armed_at
        and warning.at >= greatest(
            judged.armed_at, case when judged.answers[cardinality(judged.answers)] then judged.answered_at end
        )
        and (warning.ordinal >= due.ordinal or warning.at >= judged.deadline - due.time)
  )
order by judged.deadline, judged.id
limit %(most)s
