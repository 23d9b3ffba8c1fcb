-- Why the values that one role sees in relation $1 may not be those another sees; null: nothing known.
-- Looks through views, not through materialised ones, whose rows are the same for all.
WITH RECURSIVE reach (relation) AS (
  SELECT $1
  UNION
  SELECT d.refobjid
  FROM reach r
  JOIN pg_class v ON v.oid = r.relation AND v.relkind = 'v'
  JOIN pg_rewrite w ON w.ev_class = v.oid
  JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
                  AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> v.oid
)
SELECT CASE
    WHEN bool_or(c.relrowsecurity) THEN 'row security filters its rows'
    WHEN bool_or(c.relkind = 'f') THEN 'its rows lie on a foreign server'
    WHEN bool_or(c.relkind = 'v' AND pg_get_viewdef(c.oid) ~*
      '\m(current_user|session_user|current_role|current_setting|pg_has_role|has_[a-z_]+_privilege|row_security_active)\M')
      OR bool_or(c.relkind = 'v' AND pg_get_viewdef(c.oid) ~ '(?<!")\mUSER\M(?!")')
      THEN 'its rows depend on who asks'
    -- Also those called immutable: harvesting runs them with the rights of whoever registers.
    WHEN bool_or(EXISTS (
      SELECT 1
      FROM pg_rewrite w
      JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_proc'::regclass
      WHERE w.ev_class = c.oid AND c.relkind = 'v'))
      THEN 'its rows come from a function that is not built in'
  END
FROM reach r
JOIN pg_class c ON c.oid = r.relation
