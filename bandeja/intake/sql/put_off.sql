-- A delivery that failed: looked at again after a back-off that grows, parked whole after so many tries.
update receipt
set failures = failures + 1,
    error = %(error)s,
    look_at = bandeja_now() + %(wait)s::interval * power(4, failures),
    parked_at = case when failures + 1 >= %(tries)s then bandeja_now() end
where id = %(id)s and processed_at is null and parked_at is null
