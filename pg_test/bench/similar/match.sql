-- How long match_query_embeddings takes for 1,000 questions that it has not seen, one after the other.

\set ON_ERROR_STOP on
CREATE FUNCTION pg_temp.measure() RETURNS TABLE (name text, value numeric, unit text) LANGUAGE plpgsql AS $$
DECLARE
  u record;
  began timestamptz;
  took float8[] := '{}';
BEGIN
  -- The first turn warms up and doesn't count.
  FOR turn IN 0 .. 1 LOOP
    took := '{}';
    FOR u IN SELECT * FROM bench.unseen LOOP
      began := clock_timestamp();
      PERFORM FROM match_query_embeddings(u.v, 0.0, 5);
      took := took || extract(epoch FROM clock_timestamp() - began)::float8 * 1000;
    END LOOP;
  END LOOP;
  RETURN QUERY SELECT 'match, p50', round(percentile_cont(0.5) WITHIN GROUP (ORDER BY t)::numeric, 2), 'ms' FROM unnest(took) t;
  RETURN QUERY SELECT 'match, p99', round(percentile_cont(0.99) WITHIN GROUP (ORDER BY t)::numeric, 2), 'ms' FROM unnest(took) t;
END
$$;
SELECT * FROM pg_temp.measure();
