-- Somebody's decision that agent $1 serves model $2: score $3, status $4, capabilities $5, priority $6
-- (null: as it is, or the default).
INSERT INTO router.agent_model_assignments AS a
  (agent_id, agent_name, model_id, model_name, match_score, status, assignment_method, capabilities, priority)
SELECT $1, COALESCE(g.agent_name, ''), $2, COALESCE(o.model_name, ''), COALESCE($3, 50), $4, 'MANUAL',
       COALESCE($5, o.capabilities - 'languages', '{}'), COALESCE($6, 100)
FROM (SELECT) one
LEFT JOIN router.agents g ON g.agent_id = $1
LEFT JOIN router.models o ON o.model_id = $2
ON CONFLICT (agent_id, model_id) DO UPDATE
SET match_score = COALESCE($3, a.match_score), status = $4, assignment_method = 'MANUAL',
    capabilities = COALESCE($5, a.capabilities), priority = COALESCE($6, a.priority),
    assigned_by = router.acting_role(), assigned_at = clock_timestamp()
RETURNING a.assignment_id
