-- Weeks of router.routing_decisions: made ahead, and dropped when all they hold is older than is kept.

CREATE FUNCTION router.make_week(week date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  name text := 'routing_decisions_' || to_char(week, 'YYYYMMDD');
  low timestamptz := week::timestamp AT TIME ZONE 'UTC';
  high timestamptz := (week + 7)::timestamp AT TIME ZONE 'UTC';
BEGIN
  IF to_regclass('router.' || quote_ident(name)) IS NOT NULL THEN
    RETURN false;
  END IF;
  -- Whoever has chosen the default partition for a row writes it first: attaching would have it refused.
  LOCK TABLE router.routing_decisions IN SHARE ROW EXCLUSIVE MODE;
  -- Rows that came before their week was made stay in the default partition, which then keeps it.
  IF EXISTS (SELECT FROM router.routing_decisions_default WHERE created_at >= low AND created_at < high) THEN
    RETURN false;
  END IF;
  -- Attaching, unlike creating in place, lets others go on reading.
  EXECUTE format('CREATE TABLE router.%I (LIKE router.routing_decisions_default INCLUDING ALL)', name);
  EXECUTE format('ALTER TABLE router.routing_decisions ATTACH PARTITION router.%I FOR VALUES FROM (%L) TO (%L)', name, low, high);
  RETURN true;
END;
$$;

-- Makes a partition a table of its own: with its rows and indexes, without what ties it to the assignments.
CREATE FUNCTION router.detach_week(name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  tie name;
BEGIN
  EXECUTE format('ALTER TABLE router.routing_decisions DETACH PARTITION router.%I', name);
  FOR tie IN
    SELECT conname FROM pg_constraint WHERE conrelid = format('router.%I', name)::regclass AND contype = 'f'
  LOOP
    EXECUTE format('ALTER TABLE router.%I DROP CONSTRAINT %I', name, tie);
  END LOOP;
END;
$$;

-- Makes weeks ahead; drops or detaches weeks of decisions, and deletes evidence, older than the days kept. What a
-- detached week would have held of the default partition goes to router.routing_decisions_kept. The audit log is kept.
-- Returns what was done.
CREATE FUNCTION router.maintain_decisions(days_kept integer, detach boolean, weeks_ahead integer DEFAULT 4)
RETURNS TABLE (action text, object text, affected bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  this_week date := date_trunc('week', clock_timestamp() AT TIME ZONE 'UTC')::date;
  cutoff timestamptz := clock_timestamp() - make_interval(days => days_kept);
  part record;
  n bigint;
BEGIN
  -- One at a time: two would make the same week.
  PERFORM pg_advisory_xact_lock(hashtextextended('router.maintain_decisions', 0));
  FOR i IN 0..weeks_ahead LOOP
    IF router.make_week(this_week + 7 * i) THEN
      RETURN QUERY SELECT 'created', 'routing_decisions_' || to_char(this_week + 7 * i, 'YYYYMMDD'), NULL::bigint;
    END IF;
  END LOOP;
  FOR part IN
    SELECT c.relname, substring(pg_get_expr(c.relpartbound, c.oid) FROM $x$TO \('([^']+)'\)$x$)::timestamptz AS high
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'router.routing_decisions'::regclass
    ORDER BY c.relname
  LOOP
    IF part.high <= cutoff AND detach THEN
      PERFORM router.detach_week(part.relname);
      RETURN QUERY SELECT 'detached', part.relname::text, NULL::bigint;
    ELSIF part.high <= cutoff THEN
      EXECUTE format('DROP TABLE router.%I', part.relname);
      RETURN QUERY SELECT 'dropped', part.relname::text, NULL::bigint;
    END IF;
  END LOOP;
  IF detach AND EXISTS (SELECT FROM router.routing_decisions_default WHERE created_at < cutoff) THEN
    CREATE TABLE IF NOT EXISTS router.routing_decisions_kept (LIKE router.routing_decisions_default);
    INSERT INTO router.routing_decisions_kept
    SELECT * FROM router.routing_decisions_default WHERE created_at < cutoff;
  END IF;
  DELETE FROM router.routing_decisions_default WHERE created_at < cutoff;
  GET DIAGNOSTICS n = ROW_COUNT;
  IF n > 0 THEN
    RETURN QUERY SELECT CASE WHEN detach THEN 'detached' ELSE 'deleted' END, 'routing_decisions_default', n;
  END IF;
  DELETE FROM router.prompt_outcomes WHERE created_at < cutoff;
  GET DIAGNOSTICS n = ROW_COUNT;
  IF n > 0 THEN
    RETURN QUERY SELECT 'deleted', 'prompt_outcomes', n;
    -- A prompt is found by its first outcome: the next one takes its place. What was learned is learned anew.
    UPDATE router.prompt_outcomes SET first_of_prompt = true
    WHERE outcome_id IN (SELECT min(outcome_id) FROM router.prompt_outcomes GROUP BY prompt_hash HAVING NOT bool_or(first_of_prompt));
    DELETE FROM router.learned;
  END IF;
END;
$$;
