-- Judge again these conversations of an account whose closing is withheld. Where nothing withholds it any more the clock
-- starts anew at this instant, with the whole time of now; where cover was interrupted since there is none (closing R7).
-- `covers` says what covers the account, if anything does; the caller is behind its gate.
with cover as materialized (
    select *
    from json_to_recordset(%(covers)s::json) as cover (
        account_id bigint, rule_id bigint, rule_name text, begins timestamptz, seconds bigint,
        unheard_begins timestamptz, unheard_seconds bigint, guards boolean,
        exempt_tags bigint[], exempt_owners bigint[], exempt_field bigint, exempt_value text
    )
),
chosen as materialized (
    select id, owner_id, contact_id, last_inbound_at, answered_at, agent_opened_at, withheld_at, unheard_at,
           greatest(last_inbound_at, included_at) as counts_at
    from conversation
    where id = any(%(ids)s::bigint[]) and account_id = %(account)s and withheld_at is not null
    order by id
    for update skip locked
),
instant as materialized (
    select coalesce(%(at)s::timestamptz, bandeja_now()) as at from (select count(*) from chosen) as locked
),
judged as materialized (
    select chosen.id, instant.at, case when unheard_at is null then cover.seconds else unheard_seconds end as seconds,
           {withholds} as still,
           -- What we began and nobody answered has the clock of its kind, if we wrote since that is covered (closing N4).
           case when unheard_at is null
                then withheld_at >= cover.begins and counts_at >= greatest(cover.begins, agent_opened_at)
                else unheard_at >= unheard_begins end as runs
    from chosen
    cross join instant
    left join cover on true
),
over as (
    update conversation set
        withheld_at = null,
        withheld_for = '',
        armed_at = case when judged.runs then judged.at end,
        look_at = case when judged.runs then judged.at + make_interval(secs => judged.seconds) end
    from judged
    where conversation.id = judged.id and (judged.still is null or judged.runs is not true)
    returning conversation.id, conversation.workspace_id, judged.at, conversation.armed_at
),
other as (
    update conversation set withheld_for = judged.still
    from judged
    where conversation.id = judged.id and judged.runs and judged.still <> conversation.withheld_for
    returning conversation.id, conversation.workspace_id, judged.at, judged.still
),
told as (
    insert into event (workspace_id, conversation_id, kind, at, actor_kind)
    select workspace_id, id, 'closing_resumed', at, 'system'
    from over
    where armed_at is not null
    order by id
),
spared as (
    insert into event (workspace_id, conversation_id, kind, at, actor_kind, data)
    select workspace_id, id, 'closing_withheld', at, 'system',
           jsonb_build_object('why', still, 'rule', cover.rule_id, 'rule_name', cover.rule_name)
    from other
    cross join cover
    order by id
)
select array(select id from over order by id), array(select id from other order by id),
       array(select id from other where still = 'waiting' order by id),
       (select min(workspace_id) from (select workspace_id from over union all select workspace_id from other) as told)
