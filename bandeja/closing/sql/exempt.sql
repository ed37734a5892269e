-- Whether the options of {by} spare the conversation {of}: its owner, one of its tags, or what a field says of its contact,
-- however it is written (closing G3).
coalesce({of}.owner_id = any({by}.exempt_owners), false)
or cardinality({by}.exempt_tags) > 0 and exists (
    select from tagging where tagging.conversation_id = {of}.id and tagging.tag_id = any({by}.exempt_tags)
)
or {by}.exempt_field is not null and exists (
    select from contact_value
    where contact_value.contact_id = {of}.contact_id and contact_value.field_id = {by}.exempt_field
      and lower(contact_value.value) = lower({by}.exempt_value)
)
