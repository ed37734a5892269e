-- What an action changed, as it was: each with the mark of its batch.
was as (
    select each.id, each.owner, each.team, each.unread, each.last_inbound_id, each.kept_at, each.kept_until,
           each.kept_by_id, each.kept_reason, each.snoozed_at, each.withheld_at, each.withheld_for, each.armed_at, each.look_at, batch.mark,
           each.closure
    from bulk_batch as batch
    cross join lateral jsonb_to_recordset(batch.before) as each (
        id bigint, owner bigint, team bigint, unread integer, last_inbound_id bigint, kept_at timestamptz,
        kept_until timestamptz, kept_by_id bigint, kept_reason text, snoozed_at timestamptz, withheld_at timestamptz, withheld_for text,
        armed_at timestamptz, look_at timestamptz, closure bigint
    )
    where batch.bulk_id = %(bulk)s
    order by each.id
    limit %(most)s
)
