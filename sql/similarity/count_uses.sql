-- Adds to each stored question how often it answered since the last count. Decisions arrive a little late: the last two
-- minutes are left for the next time. The first call of all only begins to count.
WITH first AS (
  INSERT INTO router.uses_counted SELECT '1970-01-01 UTC' WHERE NOT EXISTS (SELECT FROM router.uses_counted)),
span AS (
  UPDATE router.uses_counted u SET counted_to = greatest(o.counted_to, now() - interval '2 minutes')
    FROM router.uses_counted o
  RETURNING o.counted_to AS since, u.counted_to AS upto),
uses AS (
  SELECT (s ->> 'question')::bigint AS id, count(*) AS n
    FROM span, router.decisions d, jsonb_path_query(d.steps, '$[*] ? (@.won == true && exists (@.question))') AS s
   WHERE d.decided_at > span.since AND d.decided_at <= span.upto
     AND d.source = 'similarity'
   GROUP BY 1)
UPDATE router.query_embeddings q SET usage_count = q.usage_count + uses.n
  FROM uses
 WHERE q.id = uses.id
