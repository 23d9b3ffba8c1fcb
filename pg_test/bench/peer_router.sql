-- What router_route takes for the questions of the peer, one line each: name, microseconds. Nothing is cached.
--
--   psql -X -q -At -F $'\t' -v rounds=5 -v questions="$(cat questions.txt)" -d DBNAME -f peer_router.sql
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET router.cache = off;
CREATE FUNCTION pg_temp.ask(questions text, rounds int) RETURNS TABLE (name text, micros float8) LANGUAGE plpgsql AS $$
DECLARE
  began timestamptz;
  question text;
BEGIN
  name := 'router';
  FOR turn IN 0 .. rounds LOOP
    FOREACH question IN ARRAY string_to_array(questions, E'\n') LOOP
      began := clock_timestamp();
      PERFORM router_route(question, '{"as_of": "2025-03-15T10:00:00+08:00", "datasets": ["public.scout_gold_kpis"]}');
      micros := round(extract(epoch FROM clock_timestamp() - began) * 1e6);
      IF turn > 0 THEN RETURN NEXT; END IF;
    END LOOP;
  END LOOP;
END
$$;
SELECT * FROM pg_temp.ask(:'questions', :rounds);
