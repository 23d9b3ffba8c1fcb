-- Puts planned assignments into effect and says what it did; with dry_run it only says.
CREATE FUNCTION router.apply_assignments(pairs jsonb, method text, dry_run boolean)
RETURNS TABLE (action text, agent_id text, model_id text, assignment_id uuid, match_score numeric, overlap_analysis jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  step record;
  id uuid;
  counts jsonb := '{}';
BEGIN
  FOR step IN
    -- What the pairs (objects agent_id, agent_name, model_id, model_name, capabilities, overlap, score)
    -- change: new, changed, unchanged, and which automatic assignments they replace.
    WITH wanted AS (
      SELECT * FROM jsonb_to_recordset(pairs)
        AS x(agent_id text, agent_name text, model_id text, model_name text, capabilities jsonb, overlap jsonb, score numeric)
    )
    SELECT w.agent_id, w.agent_name, w.model_id, w.model_name, w.capabilities, w.overlap, w.score, a.assignment_id,
      CASE
        WHEN a.assignment_id IS NULL THEN 'assigned'
        WHEN a.status = 'INACTIVE' THEN 'reactivated'
        WHEN a.match_score = w.score AND a.overlap_analysis = w.overlap AND a.capabilities = w.capabilities THEN 'unchanged'
        ELSE 'updated'
      END AS action
    FROM wanted w
    LEFT JOIN router.agent_model_assignments a ON a.agent_id = w.agent_id AND a.model_id = w.model_id
    UNION ALL
    SELECT a.agent_id, a.agent_name, a.model_id, a.model_name, a.capabilities, a.overlap_analysis, a.match_score,
      a.assignment_id, 'replaced'
    FROM router.agent_model_assignments a
    WHERE a.assignment_method = 'AUTO' AND a.status = 'ACTIVE'
      AND EXISTS (SELECT FROM router.agents g WHERE g.agent_id = a.agent_id)
      AND EXISTS (SELECT FROM router.models o WHERE o.model_id = a.model_id)
      AND NOT EXISTS (SELECT FROM wanted w WHERE w.agent_id = a.agent_id AND w.model_id = a.model_id)
    ORDER BY 1, 3
  LOOP
    id := step.assignment_id;
    IF NOT dry_run THEN
      CASE step.action
        WHEN 'assigned' THEN
          INSERT INTO router.agent_model_assignments AS a
            (agent_id, agent_name, model_id, model_name, capabilities, overlap_analysis, match_score, status, assignment_method)
          VALUES (step.agent_id, step.agent_name, step.model_id, step.model_name, step.capabilities, step.overlap,
                  step.score, 'ACTIVE', 'AUTO')
          RETURNING a.assignment_id INTO id;
        WHEN 'reactivated', 'updated' THEN
          UPDATE router.agent_model_assignments a
          SET agent_name = step.agent_name, model_name = step.model_name, capabilities = step.capabilities,
              overlap_analysis = step.overlap, match_score = step.score, status = 'ACTIVE',
              assigned_by = router.acting_role(), assigned_at = clock_timestamp()
          WHERE a.assignment_id = id;
        WHEN 'replaced' THEN
          UPDATE router.agent_model_assignments a SET status = 'INACTIVE' WHERE a.assignment_id = id;
        ELSE NULL;
      END CASE;
    END IF;
    counts := counts || jsonb_build_object(step.action, COALESCE((counts ->> step.action)::int, 0) + 1);
    action := step.action;
    agent_id := step.agent_id;
    model_id := step.model_id;
    assignment_id := id;
    match_score := step.score;
    overlap_analysis := step.overlap;
    RETURN NEXT;
  END LOOP;
  IF NOT dry_run AND counts - 'unchanged' <> '{}' THEN
    INSERT INTO router.audit_log (table_name, row_id, action, changed_by, after)
    VALUES ('agent_model_assignments', '*', 'AUTO_ASSIGN', router.acting_role(), counts || jsonb_build_object('method', method));
  END IF;
END;
$$;
