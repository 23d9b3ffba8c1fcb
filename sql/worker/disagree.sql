-- A model read a question differently: request $1, role $2, prompt $3, context $4, model $5, the router's spec $6
-- with confidence $7, the model's draft $8.
INSERT INTO router.llm_disagreements
  (request_id, role_name, prompt, context, model_id, local_spec, local_confidence, model_draft)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
