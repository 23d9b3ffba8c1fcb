-- Registered relations whose values were collected more than $1 hours ago, the stalest first.
SELECT d.relation::oid, d.name
FROM router.datasets d
JOIN pg_class c ON c.oid = d.relation
WHERE d.refreshed_at <= clock_timestamp() - make_interval(hours => $1)
ORDER BY d.refreshed_at, d.name
