-- The decision that router_recommend's answer $1 tells of, for request $2.
INSERT INTO router.routing_decisions (
  request_id, agent_id, task_type, strategy, assignment_id, model_id, capability_score, composite_score,
  performance_score, candidates, selection_reason, propensity, estimated_cost)
SELECT $2, $1 ->> 'agent_id', $1 ->> 'task_type', $1 ->> 'strategy', ($1 ->> 'assignment_id')::uuid, $1 ->> 'model_id',
       (c ->> 'match_score')::numeric, least(100, greatest(0, ($1 ->> 'score')::numeric)), 100 * (c ->> 'quality')::numeric,
       $1 -> 'candidates', $1 ->> 'reason', ($1 ->> 'propensity')::float8, (c ->> 'cost')::numeric
FROM jsonb_array_elements($1 -> 'candidates') c
WHERE c ->> 'assignment_id' = $1 ->> 'assignment_id'
RETURNING decision_id
