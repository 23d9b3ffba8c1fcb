-- Agents that have spent their budget of a month. One row a month and agent, written when the sum reaches the budget.
CREATE TABLE router.exhausted_budgets (
  agent_id text NOT NULL REFERENCES router.agents ON UPDATE CASCADE ON DELETE CASCADE,
  month integer NOT NULL,
  noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (agent_id, month)
);
COMMENT ON TABLE router.exhausted_budgets IS 'Agents that are not recommended until the month ends, since their budget is spent';
COMMENT ON COLUMN router.exhausted_budgets.month IS 'As router.month_number() counts';

SELECT pg_catalog.pg_extension_config_dump('router.exhausted_budgets', '');

-- The number of a moment's month (UTC), twelve a year.
CREATE FUNCTION router.month_number(at timestamptz DEFAULT clock_timestamp()) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT (12 * date_part('year', at AT TIME ZONE 'UTC') + date_part('month', at AT TIME ZONE 'UTC') - 1)::int;
END;

-- Dollars that an agent's assignments have cost in a month, as far as outcomes told their cost.
CREATE FUNCTION router.spent_in_month(agent text, month_number integer) RETURNS numeric
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT COALESCE(sum(m.month_cost), 0)::numeric
  FROM router.agent_model_assignments a
  JOIN router.assignment_metrics m ON m.assignment_id = a.assignment_id
  WHERE a.agent_id = agent AND m.month = month_number;
END;

-- Notes that an agent's budget is spent, or takes the note back: true when it is spent.
CREATE FUNCTION router.note_budget(agent text, month_number integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  available numeric := (SELECT g.budget FROM router.agents g WHERE g.agent_id = agent);
BEGIN
  IF available IS NULL OR available > router.spent_in_month(agent, month_number) THEN
    DELETE FROM router.exhausted_budgets e WHERE e.agent_id = agent AND e.month = month_number;
    RETURN false;
  END IF;
  INSERT INTO router.exhausted_budgets (agent_id, month) VALUES (agent, month_number) ON CONFLICT DO NOTHING;
  RETURN true;
END;
$$;

CREATE FUNCTION router.budget_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT router.restoring() THEN
    PERFORM router.note_budget(NEW.agent_id, router.month_number());
  END IF;
  RETURN NULL;
END;
$$;

CREATE TRIGGER budget AFTER INSERT OR UPDATE OF budget ON router.agents
  FOR EACH ROW EXECUTE FUNCTION router.budget_changed();
