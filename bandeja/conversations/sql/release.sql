-- Keep these conversations open no more: with `snoozed` only those that are snoozed, or only those that are not. Where the contact has written since cover began and since an agent last opened
-- it, or it was included since (closing I1), the clock starts anew at this instant with the whole time of now: what was
-- withheld never closes at once (closing C9). What was snoozed and comes back by itself is unread, so that somebody looks
-- (closing S2). What we began and nobody answered has the clock of its kind, if we wrote since that is covered (closing
-- N4). `covers` says of each account that has one since when, and the seconds, and of those clocks if they are any;
-- the caller is behind their gates.
with cover as materialized (
    select * from json_to_recordset(%(covers)s::json) as cover (
        account_id bigint, begins timestamptz, seconds bigint, unheard_begins timestamptz, unheard_seconds bigint
    )
),
chosen as materialized (
    select id, account_id, agent_opened_at, unheard_at, greatest(last_inbound_at, included_at) as counts_at,
           snoozed_at is not null as was_snoozed, kept_by_id as was_kept_by
    from conversation
    where id = any(%(ids)s::bigint[])
      and {within}
      and account_id = any(%(accounts)s::bigint[])
      and kept_at is not null
      and (%(snoozed)s::boolean is null or (snoozed_at is not null) = %(snoozed)s::boolean)
      and (%(due)s::timestamptz is null or kept_until <= %(due)s::timestamptz)
    order by id
    for update
),
instant as materialized (
    select coalesce(%(at)s::timestamptz, bandeja_now()) as at from (select count(*) from chosen) as locked
),
judged as (
    select chosen.id, was_snoozed, was_kept_by, instant.at,
           case when unheard_at is null then cover.seconds else cover.unheard_seconds end as seconds,
           coalesce(case when begins is null then false
                         when unheard_at is null then counts_at >= greatest(begins, agent_opened_at)
                         else unheard_at >= unheard_begins end, false) as starts
    from chosen
    cross join instant
    left join cover using (account_id)
),
released as (
    update conversation set
        kept_at = null,
        kept_until = null,
        kept_by_id = null,
        kept_reason = '',
        snoozed_at = null,
        unread = case when was_snoozed and %(due)s::timestamptz is not null then greatest(unread, 1) else unread end,
        armed_at = case when starts then judged.at end,
        look_at = case when starts then judged.at + make_interval(secs => seconds) end
    from judged
    where conversation.id = judged.id
    returning conversation.id, conversation.workspace_id, judged.at, was_snoozed, was_kept_by
),
told as (
    insert into event (workspace_id, conversation_id, kind, at, actor_kind, actor_id, data)
    select workspace_id, id, case when was_snoozed then 'conversation_woken' else 'conversation_released' end, at,
           %(actor_kind)s, %(actor_id)s::bigint,
           case when was_snoozed then jsonb_build_object('by', was_kept_by) else '{}' end
    from released
    order by id
)
select array(select id from released order by id), array(select distinct workspace_id from released)
