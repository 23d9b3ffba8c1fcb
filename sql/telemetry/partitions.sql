-- Weeks of the logs: made ahead, and dropped or detached when all they hold is older than is kept.

-- Makes the week of one log that begins on a Monday; null if there was nothing to make.
CREATE FUNCTION router.make_log_week(log text, week date) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  name text := log || '_' || to_char(week, 'YYYYMMDD');
  time_column text := CASE log WHEN 'decision_log' THEN 'decided_at' ELSE 'occurred_at' END;
  low timestamptz := week::timestamp AT TIME ZONE 'UTC';
  high timestamptz := (week + 7)::timestamp AT TIME ZONE 'UTC';
  early boolean;
BEGIN
  IF to_regclass('router.' || quote_ident(name)) IS NOT NULL THEN
    RETURN NULL;
  END IF;
  -- Whoever has chosen the default partition for a row writes it first: attaching would have it refused.
  EXECUTE format('LOCK TABLE router.%I IN SHARE ROW EXCLUSIVE MODE', log);
  -- Rows that came before their week was made stay in the default partition, which then keeps that week.
  EXECUTE format('SELECT EXISTS (SELECT FROM router.%I WHERE %I >= $1 AND %2$I < $2)', log || '_default', time_column)
    INTO early USING low, high;
  IF early THEN
    RETURN NULL;
  END IF;
  -- Attaching, unlike creating in place, lets others go on reading.
  EXECUTE format('CREATE TABLE router.%I (LIKE router.%I INCLUDING ALL)', name, log || '_default');
  EXECUTE format('ALTER TABLE router.%I ATTACH PARTITION router.%I FOR VALUES FROM (%L) TO (%L)', log, name, low, high);
  RETURN name;
END;
$$;

-- The weeks of a log, oldest first, the default partition left out.
CREATE FUNCTION router.log_weeks(log text) RETURNS TABLE (name text, low timestamptz, high timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT c.relname::text,
         substring(pg_get_expr(c.relpartbound, c.oid) FROM $x$FROM \('([^']+)'\)$x$)::timestamptz AS low,
         substring(pg_get_expr(c.relpartbound, c.oid) FROM $x$TO \('([^']+)'\)$x$)::timestamptz
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
  WHERE i.inhparent = to_regclass('router.' || quote_ident(log)) AND pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT'
  ORDER BY low
$$;

-- Makes weeks ahead of both logs. Returns what was made.
CREATE FUNCTION router.make_log_weeks(weeks_ahead integer DEFAULT 4) RETURNS SETOF text
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
  -- One at a time: two would make the same week.
  SELECT pg_advisory_xact_lock(hashtextextended('router.maintain_logs', 0));
  SELECT name
  FROM unnest('{decision_log,error_log}'::text[]) AS log,
       generate_series(0, weeks_ahead) AS i,
       router.make_log_week(log, date_trunc('week', clock_timestamp() AT TIME ZONE 'UTC')::date + 7 * i) AS name
  WHERE name IS NOT NULL
$$;

-- Makes weeks ahead, then drops (or detaches) those older than the days kept and deletes such rows of the default
-- partitions (or moves them to tables called decision_log_kept and error_log_kept). Returns what was done.
CREATE FUNCTION router.maintain_logs(days_kept integer, detach boolean DEFAULT false, weeks_ahead integer DEFAULT 4)
RETURNS TABLE (action text, object text, affected bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  -- Whole weeks, in the default partitions too: answers given again lie in the week of what they repeat.
  cutoff timestamptz := date_trunc('week', (clock_timestamp() - make_interval(days => days_kept)) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
  log text;
  week record;
  time_column text;
  early boolean;
  n bigint;
BEGIN
  RETURN QUERY SELECT 'created', made, NULL::bigint FROM router.make_log_weeks(weeks_ahead) AS made;
  FOREACH log IN ARRAY '{decision_log,error_log}'::text[] LOOP
    FOR week IN SELECT * FROM router.log_weeks(log) AS w WHERE w.high <= cutoff LOOP
      IF detach THEN
        EXECUTE format('ALTER TABLE router.%I DETACH PARTITION router.%I', log, week.name);
      ELSE
        EXECUTE format('DROP TABLE router.%I', week.name);
      END IF;
      RETURN QUERY SELECT CASE WHEN detach THEN 'detached' ELSE 'dropped' END, week.name, NULL::bigint;
    END LOOP;
    time_column := CASE log WHEN 'decision_log' THEN 'decided_at' ELSE 'occurred_at' END;
    EXECUTE format('SELECT EXISTS (SELECT FROM router.%I WHERE %I < $1)', log || '_default', time_column) INTO early USING cutoff;
    IF detach AND early THEN
      EXECUTE format('CREATE TABLE IF NOT EXISTS router.%I (LIKE router.%I)', log || '_kept', log || '_default');
      EXECUTE format('INSERT INTO router.%I SELECT * FROM router.%I WHERE %I < $1', log || '_kept', log || '_default', time_column)
        USING cutoff;
    END IF;
    EXECUTE format('DELETE FROM router.%I WHERE %I < $1', log || '_default', time_column) USING cutoff;
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n > 0 THEN
      RETURN QUERY SELECT CASE WHEN detach THEN 'detached' ELSE 'deleted' END, log || '_default', n;
    END IF;
  END LOOP;
END;
$$;

REVOKE ALL ON FUNCTION router.make_log_week(text, date), router.log_weeks(text), router.make_log_weeks(integer),
  router.maintain_logs(integer, boolean, integer) FROM PUBLIC;
