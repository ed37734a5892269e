-- What would become of conversations if what was done to them were taken back now; nothing is locked, nothing written.
-- One that is out of reach has neither account nor fate.
with {was},
{since}
select account_id, fate, judged.armed_at, judged.kept_at is not null, judged.answered_at,
       judged.unheard_at
from was left join judged using (id)
