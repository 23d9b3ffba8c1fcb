-- Teaches questions number :first to :last of bench.lesson, one call of router_teach each.

\set ON_ERROR_STOP on
CREATE FUNCTION pg_temp.teach(first bigint, last bigint) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
  l record;
  began timestamptz := clock_timestamp();
  n integer := 0;
BEGIN
  FOR l IN SELECT q FROM bench.lesson WHERE i BETWEEN first AND last LOOP
    PERFORM router_teach(l.q, '{"schema":"QuickSpec@1","dataset":"public.shipments","x":"region","y":"weight","agg":"sum","chart":"bar"}');
    n := n + 1;
  END LOOP;
  RETURN round(n / extract(epoch FROM clock_timestamp() - began)::numeric);
END
$$;
SELECT :'label', pg_temp.teach(:first, :last), 'a second';
