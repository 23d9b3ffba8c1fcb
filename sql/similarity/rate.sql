-- A rating moves the success score a fifth of the way to it, and counts as a use.
UPDATE router.query_embeddings
   SET success_score = least(1, greatest(0, success_score + 0.2 * (($3 - 1) / 4.0 - success_score)))::real,
       usage_count = usage_count + 1,
       updated_at = now()
 WHERE md5(normalized_query) = md5($1)
   AND normalized_query = $1
   AND quickspec = $2
