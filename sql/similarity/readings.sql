-- What language models said to questions of the last $1 days, the most frequent first.
SELECT prompt, model_draft, count(*), string_agg(DISTINCT model_id, ', '), (extract(epoch FROM max(created_at)) * 1000000)::bigint
FROM router.llm_readings
WHERE created_at > clock_timestamp() - make_interval(days => $1)
GROUP BY prompt, model_draft
ORDER BY 3 DESC, max(created_at) DESC
LIMIT 1000
