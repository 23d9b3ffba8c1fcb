-- Errors of a batch, one array a column.
INSERT INTO router.error_log (occurred_at, request_id, role_name, operation, kind, sqlstate, message, recoverable, recovery,
                              recovered)
SELECT 'epoch'::timestamptz + f.occurred_at * interval '1 microsecond', f.request_id, f.role_name, f.operation, f.kind,
       f.sqlstate, f.message, f.recoverable, f.recovery, f.recovered
FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::boolean[],
            $9::text[], $10::boolean[])
  AS f (occurred_at, request_id, role_name, operation, kind, sqlstate, message, recoverable, recovery, recovered)
