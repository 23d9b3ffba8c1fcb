SELECT jsonb_build_object(
  'agents', (
    SELECT COALESCE(jsonb_agg(jsonb_build_object(
      'id', agent_id, 'name', agent_name, 'capacity', capacity, 'requirements', requirements) ORDER BY agent_id), '[]')
    FROM router.agents WHERE status = 'ACTIVE'),
  'models', (
    SELECT COALESCE(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
      'id', model_id, 'name', model_name, 'capabilities', capabilities, 'context_window', context_window,
      'languages', capabilities -> 'languages', 'input_price', input_price, 'output_price', output_price,
      'latency_ms', latency_ms)) ORDER BY model_id), '[]')
    FROM router.models WHERE status = 'ACTIVE'),
  'task_types', (SELECT COALESCE(jsonb_object_agg(task_type, requirements), '{}') FROM router.task_types),
  'kept', (
    SELECT COALESCE(jsonb_agg(jsonb_build_object(
      'agent', agent_id, 'model', model_id, 'serves', status <> 'INACTIVE') ORDER BY assignment_id), '[]')
    FROM router.agent_model_assignments
    WHERE assignment_method <> 'AUTO' OR status IN ('OVERRIDDEN', 'TESTING')))
