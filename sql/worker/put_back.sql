-- Entry $1 failed because of $2. It comes again in $3 seconds, doubled with each attempt up to an hour, or is parked
-- after $4 attempts; $5 attempts don't count, since nothing was sent.
UPDATE router.remote_queue
SET last_error = $2, claimed_until = NULL, attempts = attempts - $5,
    state = CASE WHEN attempts - $5 >= $4 THEN 'parked' ELSE 'queued' END,
    not_before = clock_timestamp() + make_interval(secs => least(3600, $3 * 2 ^ greatest(0, attempts - 1)))
WHERE entry_id = $1
