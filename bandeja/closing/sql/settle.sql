-- Settle the pauses that are over for good: every clock that they withheld has been looked at since, so that none counts
-- from their end that does not say so itself. One that steps aside is looked at again within the hour; one that was closed
-- can be taken back for seven days, with a clock that counts from there (closing U3).
update pause set settled = true
where not settled and until < bandeja_now() - interval '8 days'
  and not exists (
      select from account
      cross join lateral (
          select from conversation
          where conversation.account_id = account.id and look_at <= pause.until + interval '1 hour'
          limit 1
      ) as waits
      where account.workspace_id = pause.workspace_id and (pause.account_id is null or pause.account_id = account.id)
  )
