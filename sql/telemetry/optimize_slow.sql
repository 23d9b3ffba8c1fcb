-- Names the routes whose 95th percentile is above $2 ms, or ten times the median of all; $1 acts.
WITH lately AS (
  SELECT COALESCE(d.dataset, '(none)') || ' by ' || d.source AS route, d.total_ms, d.decided_at
  FROM router.decisions d
  WHERE d.decided_at >= now() - interval '7 days' AND NOT d.cached AND d.error IS NULL
),
slow AS (
  SELECT l.route, count(*) AS asked,
         percentile_cont(0.5) WITHIN GROUP (ORDER BY l.total_ms) AS p50,
         percentile_cont(0.95) WITHIN GROUP (ORDER BY l.total_ms) AS p95
  FROM lately l
  GROUP BY l.route
  HAVING count(*) >= 20
),
usual AS (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY l.total_ms) AS p50 FROM lately l)
INSERT INTO router.optimizations AS o (kind, target, reason, before, after, status, done_by)
SELECT 'slow_route', s.route,
       format('of %s questions 5 %% took more than %s ms; the median of all is %s ms', s.asked, round(s.p95::numeric, 1), round(u.p50::numeric, 2)),
       NULL, jsonb_build_object('asked', s.asked, 'p50_ms', s.p50, 'p95_ms', s.p95), 'suggested', $1
FROM slow s, usual u
WHERE (s.p95 > $2 OR s.p95 > 10 * u.p50)
  AND NOT EXISTS (SELECT FROM router.optimizations p
                  WHERE p.kind = 'slow_route' AND p.target = s.route
                    AND (p.status <> 'undone' OR p.undone_at > now() - interval '30 days'))
ON CONFLICT DO NOTHING
RETURNING o.id, o.kind, o.target, o.reason, o.status, o.after
