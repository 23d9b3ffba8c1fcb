-- The labels of enumerations ($1, oid[]) in their order.
SELECT enumtypid, array_agg(enumlabel::text ORDER BY enumsortorder)
FROM pg_enum WHERE enumtypid = ANY ($1) GROUP BY enumtypid
