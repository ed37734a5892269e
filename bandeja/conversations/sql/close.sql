-- Close every conversation of `target`, the last of the caller's own expressions: status, closure, event and
-- disarming in one statement, whoever asks. `target` has locked the rows and decided on what it saw under the
-- lock; it gives (id, armed_at, deadline, last_inbound_at, owner_id, unread, kept) as they were before.
with {target},
closed as (
    update conversation set
        status = 'closed',
        closed_at = coalesce(%(at)s::timestamptz, bandeja_now()),
        armed_at = null,
        look_at = null,
        kept_at = null,
        kept_until = null,
        kept_by_id = null,
        kept_reason = '',
        snoozed_at = null,
        withheld_at = null,
        withheld_for = ''
    from target
    where conversation.id = target.id and conversation.status = 'open'
    returning conversation.id, conversation.workspace_id, conversation.account_id, conversation.closed_at,
              target.armed_at, target.deadline, target.last_inbound_at, target.owner_id, target.unread, target.kept,
              conversation.unheard_at is not null as unheard
),
recorded as (
    insert into closure (
        workspace_id, account_id, conversation_id, cause, reason, actor_kind, actor_id, armed_at, deadline,
        closed_at, last_inbound_at, owner_id, unread, rule_id, rule_name, rule_amount, rule_unit, kept,
        unheard
    )
    select workspace_id, account_id, id, %(cause)s, %(reason)s, %(actor_kind)s, %(actor_id)s::bigint, armed_at,
           deadline, closed_at, last_inbound_at, owner_id, unread,
           %(rule_id)s::bigint, %(rule_name)s,
           case when unheard then %(unheard_amount)s::integer else %(rule_amount)s::integer end,
           case when unheard then %(unheard_unit)s else %(rule_unit)s end, kept, unheard
    from closed
    returning id, workspace_id, conversation_id, closed_at
),
told as (
    insert into event (workspace_id, conversation_id, kind, at, actor_kind, actor_id, closure_id)
    select workspace_id, conversation_id, 'conversation_closed', closed_at, %(actor_kind)s,
           %(actor_id)s::bigint, id
    from recorded
)
select array(select id from closed order by id), {answer}
