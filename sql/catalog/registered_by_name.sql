-- The dataset that is relation $1 (null: none of that name now), else the vanished one that was called $2.
SELECT d.relation::oid
FROM router.datasets d
WHERE d.relation = $1
   OR ((d.name = $2 OR d.relation::text = $2) AND NOT EXISTS (SELECT 1 FROM pg_class c WHERE c.oid = d.relation))
ORDER BY d.relation = $1 DESC NULLS LAST, d.registered_at DESC
