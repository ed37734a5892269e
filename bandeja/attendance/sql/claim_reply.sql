-- Note that this contact is answered in this absence; nothing when they were already.
insert into away_reply (agent_id, contact_id, at)
values (%(agent)s, %(contact)s, bandeja_now())
on conflict (agent_id, contact_id) do update set at = excluded.at
where away_reply.at < %(since)s::timestamptz
returning id
