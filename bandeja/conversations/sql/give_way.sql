-- Take away what history told of messages that came all the same, and their files with it: they are joined anew, and do
-- all that a message does. One that another joined meanwhile is no longer imported, and stays.
with imported as materialized (
    select message.id
    from json_to_recordset(%(items)s::json) as item (account_id bigint, external_id text)
    join message using (account_id, external_id)
    where message.imported
    order by message.id
    for update of message
),
files as (
    delete from attachment using imported where attachment.message_id = imported.id
)
delete from message using imported where message.id = imported.id
