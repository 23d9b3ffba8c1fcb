-- Errors of the last $1 by kind; rates are between 0 and 1.
SELECT e.kind,
       count(*),
       bool_or(e.recoverable),
       round((count(*) FILTER (WHERE e.recovered))::numeric / count(*), 4)::double precision,
       (array_agg(e.message ORDER BY e.occurred_at DESC))[1],
       max(e.occurred_at),
       (array_agg(e.request_id::text ORDER BY e.occurred_at DESC) FILTER (WHERE e.request_id IS NOT NULL))[1:5]
FROM router.error_log e
WHERE e.occurred_at >= clock_timestamp() - $1::interval
GROUP BY e.kind
ORDER BY count(*) DESC, e.kind
