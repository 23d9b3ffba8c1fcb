-- Agents and models, assigned, recommended, measured.
INSERT INTO router.agents (agent_id, kind, capacity, requirements) VALUES
  ('gpu-1', 'GPU', 1, '{"capabilities": {"math": 0.9}}'),
  ('gpu-2', 'GPU', 1, '{"capabilities": {"coding": 0.9}}');
INSERT INTO router.models (model_id, capabilities, input_price, output_price) VALUES
  ('large', '{"math": 0.9, "coding": 0.8}', 3, 15),
  ('small', '{"math": 0.8, "coding": 0.1}', 0.1, 0.3);

SELECT action, agent_id, model_id, match_score FROM sp_auto_assign_models('hungarian', true) ORDER BY 2;
SELECT action, agent_id, model_id, match_score FROM sp_auto_assign_models() ORDER BY 2;
SELECT action, agent_id, model_id, match_score FROM sp_auto_assign_models() ORDER BY 2;

-- Both score the same: either will do.
SELECT o_model_id IN ('large', 'small') AS recommended FROM sp_get_routing_recommendation('math');
SELECT o_agent_id, o_model_id FROM sp_get_routing_recommendation('math', 'cost');
SELECT task_type FROM router_task_type('Write a Python function that merges two sorted lists.');
SELECT router_record_outcome('small', 'math', 'What is 12 times 12?', true, 1, 150, 0.0001);
SELECT agent_id, total_requests, success_rate FROM router_assignments(model => 'small');

-- What can't be.
SELECT sp_get_routing_recommendation('cooking');
SELECT sp_get_routing_recommendation('math', 'fastest');
SELECT sp_auto_assign_models('best');
SELECT sp_update_assignment_metrics('00000000-0000-0000-0000-000000000000', true, 1);
DELETE FROM router.agents WHERE agent_id = 'gpu-1';
SELECT router_record_outcome('small', 'math', 'x', true, 2);
DELETE FROM router.agent_model_assignments;
DELETE FROM router.agents;
DELETE FROM router.models;
