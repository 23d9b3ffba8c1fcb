-- How often and when (microseconds) something was taught, the relation whose events say so (not the one that is taught
-- into: its plans would be made anew each time), and the extension.
SELECT COALESCE(sum(c.changes), 0)::bigint,
       COALESCE(extract(epoch FROM max(c.changed_at)) * 1000000, 0)::bigint,
       'router.templates'::regclass::oid,
       (SELECT e.oid FROM pg_extension e WHERE e.extname = 'router')
FROM router.semantic_changes c
