-- What the semantic model is made of, in one number, and what role $1 may see of it. The number is the same in two
-- states only if the model is: what was registered and taught is told by the marks of its changes, what the catalogs
-- say of the registered relations by a hash of that (of statistics only the order of magnitude of the rows).
WITH registered AS MATERIALIZED (
  SELECT c.oid, c.relname, c.relnamespace, n.nspname, c.relkind, c.relrowsecurity, c.reltuples
  FROM router.datasets d
  JOIN pg_class c ON c.oid = d.relation
  JOIN pg_namespace n ON n.oid = c.relnamespace
),
shown AS (
  SELECT oid,
         has_schema_privilege($1, relnamespace, 'USAGE') AND has_table_privilege($1, oid, 'SELECT') AS whole,
         has_schema_privilege($1, relnamespace, 'USAGE') AND has_any_column_privilege($1, oid, 'SELECT') AS in_part
  FROM registered
)
SELECT (SELECT COALESCE(sum(changes), 0)::bigint FROM router.semantic_changes),
       (SELECT COALESCE(bit_xor(mark), 0) FROM router.semantic_changes),
       (SELECT COALESCE(bit_xor(hash_record_extended(ROW(oid, relname, nspname, relkind, relrowsecurity,
                 trunc(log(greatest(reltuples, 1)::float8))), 0)), 0) FROM registered)
       # (SELECT COALESCE(bit_xor(hash_record_extended(ROW(a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod,
                 a.attnotnull), 1)), 0)
          FROM pg_attribute a WHERE a.attrelid IN (SELECT oid FROM registered) AND a.attnum > 0 AND NOT a.attisdropped)
       # (SELECT COALESCE(bit_xor(hash_record_extended(ROW(i.indexrelid, i.indisvalid, i.xmin), 2)), 0)
          FROM pg_index i WHERE i.indrelid IN (SELECT oid FROM registered))
       # (SELECT COALESCE(bit_xor(hash_record_extended(ROW(k.oid, k.xmin), 3)), 0)
          FROM pg_constraint k WHERE k.conrelid IN (SELECT oid FROM registered) AND k.contype = 'f')
       # (SELECT COALESCE(bit_xor(hash_record_extended(ROW(t.objoid, t.objsubid, t.description), 4)), 0)
          FROM pg_description t
          WHERE t.classoid = 'pg_class'::regclass AND t.objoid IN (SELECT oid FROM registered)),
       (SELECT array_agg(oid) FROM shown WHERE whole),
       (SELECT array_agg(oid) FROM shown WHERE in_part AND NOT whole),
       (SELECT array_agg(oid) FROM registered),
       'router.datasets'::regclass::oid,
       current_setting('server_version_num')::bigint
