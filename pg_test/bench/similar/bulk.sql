-- Inserts questions number :first to :last of bench.lesson by one statement, triggers and index included.

\set ON_ERROR_STOP on
SELECT clock_timestamp() AS began \gset
INSERT INTO router.query_embeddings (original_query, normalized_query, embedding, quickspec)
  SELECT q, lower(q), router_embed(q),
         '{"schema":"QuickSpec@1","dataset":"public.shipments","x":"region","y":"weight","agg":"sum","chart":"bar"}'
  FROM bench.lesson WHERE i BETWEEN :first AND :last
  ON CONFLICT DO NOTHING;
SELECT 'INSERT in bulk, one session', round((:last - :first + 1) / extract(epoch FROM clock_timestamp() - :'began')::numeric), 'a second';
