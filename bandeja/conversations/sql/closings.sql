-- Closings as what they found: of each conversation the latest of those that are chosen. `mark` is the event of the
-- closing: whatever was done to the conversation since has a later one.
chosen (closure_id) as (
    {closings}
),
was as (
    select distinct on (closure.conversation_id)
           closure.conversation_id as id, closure.owner_id as owner, conversation.team_id as team, closure.unread,
           null::bigint as last_inbound_id,
           (closure.kept ->> 'kept_at')::timestamptz as kept_at,
           (closure.kept ->> 'kept_until')::timestamptz as kept_until,
           (closure.kept ->> 'kept_by_id')::bigint as kept_by_id,
           closure.kept ->> 'kept_reason' as kept_reason,
           (closure.kept ->> 'snoozed_at')::timestamptz as snoozed_at,
           (closure.kept ->> 'withheld_at')::timestamptz as withheld_at,
           closure.kept ->> 'withheld_for' as withheld_for,
           closure.armed_at, null::timestamptz as look_at, told.id as mark, closure.id as closure
    from chosen
    join closure on closure.id = chosen.closure_id
    join conversation on conversation.id = closure.conversation_id
    join event as told on told.conversation_id = closure.conversation_id and told.at = closure.closed_at
        and told.kind = 'conversation_closed' and told.closure_id = closure.id
    order by closure.conversation_id, closure.closed_at desc, closure.id desc
)
