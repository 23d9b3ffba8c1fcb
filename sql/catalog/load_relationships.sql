-- Foreign keys between registered relations, and the relationships stated at registration.
SELECT f.conrelid,
       ARRAY(SELECT a.attname::text FROM unnest(f.conkey) WITH ORDINALITY AS k (attnum, at)
             JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.attnum ORDER BY k.at),
       f.confrelid,
       ARRAY(SELECT a.attname::text FROM unnest(f.confkey) WITH ORDINALITY AS k (attnum, at)
             JOIN pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = k.attnum ORDER BY k.at)
FROM pg_constraint f
WHERE f.contype = 'f' AND f.conrelid = ANY ($1) AND f.confrelid = ANY ($1)
UNION ALL
SELECT r.relation::oid, r.columns, r.referenced::oid, r.referenced_columns
FROM router.relationships r
WHERE r.relation = ANY ($1) AND r.referenced = ANY ($1)
