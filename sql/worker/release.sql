-- Claims that nobody holds any more, since their worker crashed. After $1 attempts an entry is parked.
UPDATE router.remote_queue
SET claimed_until = NULL, state = CASE WHEN attempts >= $1 THEN 'parked' ELSE state END,
    last_error = CASE WHEN attempts >= $1 THEN 'the worker did not survive it' ELSE last_error END
WHERE claimed_until IS NOT NULL
