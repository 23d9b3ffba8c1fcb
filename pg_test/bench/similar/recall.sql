-- The five nearest of match_query_embeddings against a scan of everything, for 200 questions: what is as near as the
-- fifth counts, whichever of several equals it is.

\set ON_ERROR_STOP on
CREATE FUNCTION pg_temp.recall() RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
  u record;
  lowest float8;
  asked integer := 0;
  hit integer := 0;
BEGIN
  FOR u IN SELECT * FROM bench.unseen WHERE i % 5 = 0 LOOP
    SELECT min(s) INTO lowest
      FROM (SELECT 1 - (embedding <=> u.v) AS s FROM router.query_embeddings ORDER BY embedding <=> u.v LIMIT 5) nearest;
    asked := asked + 5;
    hit := hit + (SELECT count(*) FROM match_query_embeddings(u.v, -1.0, 5) WHERE similarity >= lowest - 1e-6);
  END LOOP;
  RETURN round(hit::numeric / asked, 3);
END
$$;
SELECT 'recall@5', pg_temp.recall(), '';
