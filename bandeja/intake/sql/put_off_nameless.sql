-- Ask for these names again after a pause; counted is 1 where it was the person who could not be asked about.
update identity
set look_at = bandeja_now() + %(pause)s, tries = least(tries + %(counted)s, 32000)
where id = any(%(ids)s::bigint[])
