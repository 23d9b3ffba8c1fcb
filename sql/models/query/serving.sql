-- Assignments with which model $1 serves task type $2, in the order in which they are locked.
SELECT a.assignment_id
FROM router.agent_model_assignments a
WHERE a.model_id = $1 AND a.status <> 'INACTIVE'
  AND EXISTS (SELECT FROM router.assignment_metrics m
              WHERE m.assignment_id = a.assignment_id AND m.task_type = $2 AND m.tier IS NOT NULL)
ORDER BY a.assignment_id
