-- Puts setting $2 on record, for reason $3: to be set to $4 for this database or, if that is null, suggested; $1 acts.
INSERT INTO router.optimizations AS o (kind, target, reason, before, after, status, done_by)
SELECT 'setting', $2, $3,
       -- What the database has set until now, if anything.
       (SELECT jsonb_build_object('value', substring(entry FROM length($2) + 2))
        FROM pg_db_role_setting s, unnest(s.setconfig) AS entry
        WHERE s.setrole = 0 AND s.setdatabase = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
          AND starts_with(entry, $2 || '=')),
       jsonb_build_object('value', $4::text), CASE WHEN $4 IS NULL THEN 'suggested' ELSE 'applied' END, $1
WHERE NOT EXISTS (SELECT FROM router.optimizations p
                  WHERE p.kind = 'setting' AND p.target = $2
                    AND (p.status <> 'undone' OR p.undone_at > now() - interval '30 days'))
ON CONFLICT DO NOTHING
RETURNING o.id, o.kind, o.target, o.reason, o.status, o.after
