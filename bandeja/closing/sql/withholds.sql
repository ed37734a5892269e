-- What of {by}, a rule's options, withholds the closing of the conversation {of} once its time is over: that it spares it, or
-- that the contact waits, who has written and no person of ours since; null where nothing does (closing G2, G3).
case when {exempt} then 'exempt'
     when {by}.guards and {of}.last_inbound_at is not null and not coalesce({of}.answered_at >= {of}.last_inbound_at, false)
     then 'waiting'
     end
