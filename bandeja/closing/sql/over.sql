-- When a time is over that counts from {start}: `seconds` of {by}, by the clock; with `hours`, a version of a calendar, only
-- while that is open; with `whole_days` as many working days on, at the same time by the clock on the wall or when it
-- opens next. Where what is written down of the version does not reach so far it is no earlier than its end: the sweep
-- closes nothing by it then (closing B2 to B6). `bandeja/hours/timeline.py` says the same in Python.
case when {by}.hours is null then {start} + make_interval(secs => {by}.seconds)
else coalesce(
    (
        select case when not {by}.whole_days then (
            select case when lands.over <= lands.closes_at then lands.over end
            from (
                select opens_at + (first.total + {by}.seconds - before) * interval '1 second' as over, closes_at
                from open_hours
                where version_id = {by}.hours and before < ceil(first.total + {by}.seconds)::bigint
                order by before desc
                limit 1
            ) as lands
        ) else (
            select greatest(opens_at, target.wall - make_interval(secs => shift))
            from (
                select first.stood + make_interval(secs => first.shift + 86400.0 * (date - first.date)) as wall
                from open_hours
                where version_id = {by}.hours and day = first.day + {by}.seconds / 86400
                limit 1
            ) as target
            join open_hours on version_id = {by}.hours and day >= first.day + {by}.seconds / 86400
            where closes_at + make_interval(secs => shift) > target.wall
            order by day, opens_at
            limit 1
        ) end
        from (
            select open_hours.*, greatest({start}, opens_at) as stood,
                   before + extract(epoch from greatest({start}, opens_at) - opens_at) as total
            from open_hours
            where version_id = {by}.hours and closes_at > {start}
            order by closes_at
            limit 1
        ) as first
    ),
    greatest({start} + make_interval(secs => {by}.seconds),
             (select ends_at from calendar_version where id = {by}.hours))
) end
