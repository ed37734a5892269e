-- Which flows the published events in (after, upto] start. An effect of a flow starts no flow that led to it: `chain`
-- are those of the run that acted, and its own. What a pattern must still find comes with its pattern and the text.
-- A message is where it is by now: one that took its conversation in may have taken it along. What takes something back
-- starts none: it is as it was (closing U3).
with batch as materialized (
    select number, workspace_id, kind, at, actor_kind, actor_id, message_id, closure_id, data,
           coalesce((select message.conversation_id from message where message.id = event.message_id),
                    event.conversation_id) as conversation_id
    from event
    where number > %(after)s and number <= %(upto)s
      and kind in (
          'conversation_opened', 'conversation_closed', 'message_received', 'conversation_assigned',
          'conversation_tagged'
      )
      and not coalesce((data ->> 'undone')::boolean, false)
),
matched as (
    select flow.id as flow_id, flow.workspace_id, version.id as version_id, version.start,
           version.start ->> 'kind' as kind, version.start -> 'told' as told, batch.number, batch.conversation_id,
           batch.at, batch.kind as event_kind, batch.message_id, batch.data, batch.closure_id,
           conversation.last_inbound_id, conversation.contact_id,
           case when cause.id is null then '{}'::bigint[] else cause.chain || cause.flow_id end as chain
    from batch
    join flow on flow.workspace_id = batch.workspace_id and flow.active and flow.after_number < batch.number
    join flow_version as version on version.id = flow.version_id and version.event_kind = batch.kind
    join conversation on conversation.id = batch.conversation_id
    join account on account.id = conversation.account_id
    left join flow_run as cause on batch.actor_kind = 'flow' and cause.id = batch.actor_id
    where (version.start #> '{told,accounts}' = '[]' or version.start #> '{told,accounts}' @> to_jsonb(account.id))
      and (version.start #> '{told,channels}' = '[]'
           or version.start #> '{told,channels}' @> to_jsonb(account.channel))
      and flow.id <> all(case when cause.id is null then '{}'::bigint[] else cause.chain || cause.flow_id end)
)
select matched.flow_id, matched.version_id, matched.workspace_id, matched.conversation_id, matched.number, matched.at,
       matched.kind, matched.chain, matched.told,
       coalesce(matched.message_id, matched.last_inbound_id) as heard_id,
       coalesce(case matched.event_kind
           when 'conversation_opened' then matched.data || jsonb_build_object('message', matched.message_id)
           when 'conversation_closed' then jsonb_build_object('cause', closure.cause, 'reason', closure.reason)
           when 'message_received' then jsonb_build_object('message', matched.message_id)
           else matched.data
       end, '{}') as data,
       left(message.text, 4000) as text
from matched
left join closure on closure.id = matched.closure_id
left join message on message.id = matched.message_id and matched.kind = 'message_received'
where case matched.kind
    when 'conversation_opened' then
        (matched.told ->> 'opening' = 'both'
         or (matched.data ->> 'reopened')::boolean = (matched.told ->> 'opening' = 'reopened'))
        and (not coalesce((matched.data ->> 'overtaken')::boolean, false) or (matched.told ->> 'overtaken')::boolean)
        and (matched.told -> 'causes' = '[]' or matched.told -> 'causes' @> (matched.data -> 'cause'))
        and (matched.told ->> 'reason' = '' or bandeja_plain(matched.told ->> 'reason')
             = bandeja_plain(coalesce(matched.data ->> 'reason', '')))
    when 'conversation_closed' then
        (matched.told -> 'causes' = '[]' or matched.told -> 'causes' @> to_jsonb(closure.cause))
        and (matched.told ->> 'reason' = ''
             or bandeja_plain(matched.told ->> 'reason') = bandeja_plain(closure.reason))
        and (matched.told -> 'rules' = '[]' or matched.told -> 'rules' @> to_jsonb(closure.rule_id))
    when 'conversation_assigned' then
        case when matched.told -> 'agents' = '[]'
             then coalesce(matched.data -> 'after', 'null') <> 'null' or matched.data ? 'team'
             else matched.told -> 'agents' @> (matched.data -> 'after') end
    when 'conversation_tagged' then
        matched.told -> 'tags' = '[]' or matched.told -> 'tags' @> (matched.data -> 'tag')
    when 'contact_created' then
        not (matched.data ->> 'reopened')::boolean
        and not exists (
            select from conversation as earlier
            where earlier.contact_id = matched.contact_id and earlier.id < matched.conversation_id
        )
    else true
end
order by matched.number, matched.flow_id
