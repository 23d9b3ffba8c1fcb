-- Weights of the confidence as fitted to this database's own answers; the newest is in use, none means those shipped.
CREATE TABLE router.calibrations (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  weights      real[]      NOT NULL CHECK (cardinality(weights) > 0),
  samples      integer     NOT NULL CHECK (samples > 0),
  error_before real        NOT NULL,  -- expected calibration error, 0..1, over the samples
  error_after  real        NOT NULL,
  fitted_by    text        NOT NULL DEFAULT current_user,
  fitted_at    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE router.calibrations IS 'Fits of the confidence by router_calibrate(); delete rows to go back';

CREATE TRIGGER semantic_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON router.calibrations
  FOR EACH STATEMENT EXECUTE FUNCTION router_semantic_changed();

REVOKE ALL ON router.calibrations FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('router.calibrations', '');
SELECT pg_catalog.pg_extension_config_dump('router.calibrations_id_seq', '');
