-- Everything that the extension is made of, one object or property a line, sorted: the same for a fresh installation
-- and one that was updated to it. Positions of columns are not in it: columns that came later stand last.
WITH member AS (
  SELECT d.classid, d.objid
  FROM pg_catalog.pg_depend d
  JOIN pg_catalog.pg_extension e ON d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.refobjid = e.oid
  WHERE e.extname = 'router' AND d.deptype = 'e'
),
relation AS (
  SELECT c.* FROM member m JOIN pg_catalog.pg_class c ON m.classid = 'pg_catalog.pg_class'::regclass AND m.objid = c.oid
),
line (text) AS (
  SELECT 'member ' || pg_describe_object(classid, objid, 0) FROM member
  UNION ALL
  SELECT format('relation %s kind=%s rls=%s force=%s options=%s partition=%s bound=%s acl=%s', c.oid::regclass, c.relkind,
                c.relrowsecurity, c.relforcerowsecurity,
                (SELECT array_agg(o ORDER BY o) FROM unnest(c.reloptions) o), pg_get_partkeydef(c.oid),
                pg_get_expr(c.relpartbound, c.oid), (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(c.relacl) a))
  FROM relation c
  -- Partitions of weeks hang on the day of the installation.
  WHERE NOT (c.relispartition AND c.relname ~ '[0-9]')
  UNION ALL
  SELECT format('column %s.%s %s notnull=%s default=%s identity=%s generated=%s acl=%s', c.oid::regclass, a.attname,
                format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity,
                a.attgenerated, a.attacl)
  FROM relation c
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE c.relkind IN ('r', 'p', 'v', 'm')
  UNION ALL
  SELECT format('constraint %s %s', r.conrelid::regclass, pg_get_constraintdef(r.oid))
  FROM relation c JOIN pg_catalog.pg_constraint r ON r.conrelid = c.oid WHERE r.contype <> 'n'
  UNION ALL
  SELECT 'index ' || pg_get_indexdef(i.indexrelid) FROM relation c JOIN pg_catalog.pg_index i ON i.indrelid = c.oid
  UNION ALL
  SELECT format('trigger %s %s', pg_get_triggerdef(t.oid), t.tgenabled)
  FROM relation c JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid WHERE NOT t.tgisinternal
  UNION ALL
  SELECT format('policy %s %s %s %s %s', p.polrelid::regclass, p.polname, p.polcmd, pg_get_expr(p.polqual, p.polrelid),
                pg_get_expr(p.polwithcheck, p.polrelid))
  FROM relation c JOIN pg_catalog.pg_policy p ON p.polrelid = c.oid
  UNION ALL
  SELECT format('view %s %s', c.oid::regclass, pg_get_viewdef(c.oid)) FROM relation c WHERE c.relkind IN ('v', 'm')
  UNION ALL
  SELECT format('sequence %s %s %s %s %s', c.oid::regclass, s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqcycle)
  FROM relation c JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid
  UNION ALL
  SELECT format('function %s acl=%s', CASE WHEN p.prokind = 'a' THEN p.oid::regprocedure::text ELSE pg_get_functiondef(p.oid) END,
                (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(p.proacl) a))
  FROM member m JOIN pg_catalog.pg_proc p ON m.classid = 'pg_catalog.pg_proc'::regclass AND m.objid = p.oid
  UNION ALL
  SELECT format('comment on %s %s: %s', pg_describe_object(m.classid, m.objid, 0), d.objsubid, d.description)
  FROM member m JOIN pg_catalog.pg_description d ON d.classoid = m.classid AND d.objoid = m.objid
  UNION ALL
  SELECT format('dumped %s %s', u.relation::regclass, u.condition)
  FROM pg_catalog.pg_extension e, unnest(e.extconfig, e.extcondition) AS u (relation, condition)
  WHERE e.extname = 'router'
  UNION ALL
  SELECT format('level %s', l) FROM router.access_levels l
)
SELECT text FROM line ORDER BY text COLLATE "C"
