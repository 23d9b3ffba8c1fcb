-- What router_health() reads from tables: versions, weeks ahead of this one for each log, assignments whose circuit is
-- open, the last automatic assignment, datasets that are registered and those that were dropped since.
WITH weeks AS (
  SELECT i.inhparent,
         count(*) FILTER (WHERE substring(pg_get_expr(c.relpartbound, c.oid) FROM $x$FROM \('([^']+)'\)$x$)::timestamptz > now()) AS ahead
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
  WHERE i.inhparent IN ('router.decision_log'::regclass, 'router.routing_decisions'::regclass)
  GROUP BY i.inhparent
)
SELECT (SELECT extversion FROM pg_extension WHERE extname = 'router'),
       (SELECT extversion FROM pg_extension WHERE extname = 'vector'),
       COALESCE((SELECT ahead FROM weeks WHERE inhparent = 'router.decision_log'::regclass), 0),
       COALESCE((SELECT ahead FROM weeks WHERE inhparent = 'router.routing_decisions'::regclass), 0),
       (SELECT count(*) FROM router.agent_model_assignments WHERE circuit_open_until > now() AND status <> 'INACTIVE'),
       (SELECT changed_at::text FROM router.audit_log WHERE action = 'AUTO_ASSIGN' ORDER BY changed_at DESC LIMIT 1),
       (SELECT count(*) FROM router.datasets),
       (SELECT count(*) FROM router.datasets d WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = d.relation))
