-- How a model read question $3 of role $2 (request $1, context $4): model $5, the router's spec $6 with confidence $7,
-- the model's draft $8, and whether the two agree.
INSERT INTO router.llm_readings
  (request_id, role_name, prompt, context, model_id, local_spec, local_confidence, model_draft, agrees)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
