-- Take files that wait and whose time has come, the longest waiting first, skipping those another worker holds. The
-- lease is look_at: nobody else looks before it is over. Each has its key from here on, so that whatever a killed
-- worker left under it is written over by the next, or erased with the row; the count of tries tells the two apart.
with due as (
    select id
    from attachment
    where look_at <= bandeja_now() and state = 'waiting'
    order by look_at
    limit %(limit)s
    for update skip locked
)
update attachment
set look_at = bandeja_now() + %(lease)s,
    tries = least(attachment.tries + 1, 32000),
    file = case when attachment.file <> '' then attachment.file
                else attachment.workspace_id || '/' || to_char(attachment.created_at at time zone 'UTC', 'YYYY/MM/DD')
                     || '/' || replace(gen_random_uuid()::text, '-', '') end
from due
where attachment.id = due.id
returning attachment.id, attachment.workspace_id, attachment.account_id, attachment.conversation_id, attachment.kind,
          attachment.mime, attachment.sha256, attachment.remote, attachment.is_url, attachment.file, attachment.tries,
          bandeja_now() - attachment.created_at
