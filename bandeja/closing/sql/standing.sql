-- How each conversation that is chosen stands with closing rules, and when its clock runs out: closing R5 to R8, R10,
-- C6, C9 and G1 to G3 over rows. What covers an account is read as the sweep reads it, in the words of covers.sql; where
-- nothing does, the first thing that is missing is named. A clock is void if it was armed before cover began. While closing
-- is paused a clock has no deadline, only what it would run out at (closing H2); `armed_at` is what it counts from (H3). What
-- we began and nobody answered has times of its own, where the rule closes that (closing N1).
with cover (
    account_id, rule_id, rule_name, amount, unit, reason, begins, seconds, until, answers, hours, whole_days, unheard_seconds,
    unheard_days, since, waiting, waiting_agent, waiting_team, exempt_tags, exempt_owners, exempt_field, exempt_value, calendar,
    unheard_amount, unheard_unit, paused_at, ends, unheard_begins
) as materialized (
    {covers}
),
kind as materialized (
    select account_id, false as unheard, begins, seconds, until, answers, hours, whole_days from cover
    union all
    select account_id, true, unheard_begins, unheard_seconds, until, array_fill(false, array[cardinality(answers)]), hours,
           unheard_days
    from cover
    where unheard_begins is not null
),
place as materialized (
    select account.id as account_id, cover.begins, cover.paused_at, cover.ends,
           cover.waiting <> 'close' or cover.since = 'answer' as guards,
           cover.exempt_tags, cover.exempt_owners, cover.exempt_field, cover.exempt_value,
           case when cover.account_id is not null then 'covered'
                when workspace.entitled_since is null then 'no_plan'
                when account.disconnected_at is not null then 'disconnected'
                when exists (select from coverage where coverage.account_id = account.id) then 'rule_off'
                else 'no_rule' end as covered
    from account
    join workspace on workspace.id = account.workspace_id
    left join cover on cover.account_id = account.id
    where account.workspace_id = %(workspace)s
),
chosen as (
    select id, account_id, status, opened_at, armed_at, last_inbound_at, agent_opened_at, kept_at, included_at,
           answered_at, unheard_at, withheld_at, withheld_for, owner_id, contact_id
    from conversation
    where workspace_id = %(workspace)s and {chosen}
),
stands as (
    select chosen.*, kind.begins, kind.seconds, kind.until, kind.answers, kind.hours, kind.whole_days, place.ends,
           place.guards,
           place.exempt_tags, place.exempt_owners, place.exempt_field, place.exempt_value,
           case when chosen.status = 'closed' then 'closed'
                when chosen.kept_at is not null then 'kept'
                when place.covered <> 'covered' then place.covered
                when chosen.withheld_at >= kind.begins then chosen.withheld_for
                when chosen.armed_at >= kind.begins then case when place.paused_at is null then 'runs' else 'paused' end
                when chosen.last_inbound_at is null then 'never_wrote'
                when chosen.last_inbound_at >= greatest(place.begins, chosen.agent_opened_at) then 'not_started'
                when chosen.agent_opened_at >= place.begins then 'reopened'
                else 'older' end as standing
    from chosen
    join place using (account_id)
    left join kind on kind.account_id = chosen.account_id and kind.unheard = (chosen.unheard_at is not null)
),
counted as (
    select id, account_id, status, opened_at, last_inbound_at, agent_opened_at, kept_at, included_at, answered_at, unheard_at,
           withheld_at, owner_id, contact_id, begins, seconds, until, answers, hours, whole_days, guards, exempt_tags, exempt_owners, exempt_field,
           exempt_value, standing,
           case when standing in ('runs', 'paused') then {anew} else armed_at end as armed_at
    from stands
),
judged as (
    select counted.*,
           case when standing = 'runs' then runs_out end as deadline,
           runs_out,
           -- What would withhold its closing, were its time over now.
           case when standing = 'runs' then {withholds} end as withholds
    from counted
    cross join lateral (
        select case when standing in ('runs', 'paused') then (
            select max({over})
            from unnest(counted.seconds, counted.until, counted.answers, counted.hours, counted.whole_days)
                 as stretch (seconds, until, answers, hours, whole_days)
            where stretch.until is null or stretch.until > counted.armed_at
        ) end as runs_out
    ) as each
)
{answer}
