-- Write down that the sweep runs, where it was not for a moment. Had it not run for longer than `gap`, that is an outage
-- of ours: closings wait for `grace` from now, so that what could not reach us meanwhile does first (closing H5).
insert into sweeping (id, ran_at) values (1, bandeja_now())
on conflict (id) do update set
    ran_at = excluded.ran_at,
    stopped_at = case when excluded.ran_at > sweeping.ran_at + %(gap)s::interval
                 then sweeping.ran_at else sweeping.stopped_at end,
    resumes_at = case when excluded.ran_at > sweeping.ran_at + %(gap)s::interval
                 then excluded.ran_at + %(grace)s::interval else sweeping.resumes_at end
where sweeping.ran_at <= excluded.ran_at - %(every)s::interval
