-- Encoders besides the local one. A question that one of them has embedded has a row of its own in
-- router.query_embeddings; the local encoder's row is always there too, and what was taught stands in that one.
CREATE TABLE router.encoders (
  name          text        PRIMARY KEY CHECK (name <> ''),
  dimensions    integer     CHECK (dimensions BETWEEN 1 AND 16000),  -- null until its first vector arrived
  -- Its cosines on the local encoder's scale: offset + factor * cosine.
  cosine_offset real        NOT NULL DEFAULT 0,
  cosine_factor real        NOT NULL DEFAULT 1 CHECK (cosine_factor > 0),
  calibrated_on integer     NOT NULL DEFAULT 0,  -- pairs of questions
  queued_to     bigint      NOT NULL DEFAULT 0,  -- questions up to this id have been queued for it
  first_seen    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE router.encoders IS 'Encoders that questions are embedded with, and how their cosines compare';

-- The type under which vectors of so many dimensions are indexed. Half precision where pgvector knows it (0.7 or
-- newer): half the memory for the same neighbours. Null: too many dimensions, they are scanned.
CREATE FUNCTION router.indexed_type(dimensions integer)
RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT CASE WHEN dimensions <= 4000 AND EXISTS (SELECT FROM pg_catalog.pg_type t
                                                   WHERE t.typname = 'halfvec' AND t.typnamespace = e.extnamespace)
              THEN format('%s.halfvec(%s)', e.extnamespace::regnamespace, dimensions)
              WHEN dimensions <= 2000
              THEN format('%s.vector(%s)', e.extnamespace::regnamespace, dimensions) END
    FROM pg_catalog.pg_extension e
   WHERE e.extname = 'vector';
END;

-- One index an encoder and dimension; the planner scans exactly while there are few rows. Few links and a short
-- search when a row comes in, a long one when neighbours are asked for: teaching stays fast, and nothing is missed.
CREATE FUNCTION router.create_encoder_index(encoder text, dimensions integer)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  kind text := router.indexed_type(dimensions);
BEGIN
  IF kind IS NULL THEN RETURN; END IF;
  EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON router.query_embeddings USING hnsw ((embedding::%s) %s.%s)
                  WITH (m = 8, ef_construction = 32) WHERE encoder = %L',
                 format('query_embeddings_%s_%s_idx', left(regexp_replace(lower(encoder), '[^a-z0-9]+', '_', 'g'), 30),
                        dimensions),
                 kind,
                 (SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'vector'),
                 CASE WHEN kind ~ 'halfvec' THEN 'halfvec_cosine_ops' ELSE 'vector_cosine_ops' END,
                 encoder);
END
$$;

SELECT router.create_encoder_index('minilm-static-256', 256);
INSERT INTO router.encoders (name, dimensions, first_seen) VALUES ('minilm-static-256', 256, '1970-01-01 UTC');

-- A new encoder's index is made when the transaction of its first row ends: until then the table is in use.
CREATE FUNCTION router.index_encoder()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM router.create_encoder_index(NEW.name, NEW.dimensions);
  RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER index_encoder
  AFTER INSERT OR UPDATE OF dimensions ON router.encoders
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.dimensions IS NOT NULL) EXECUTE FUNCTION router.index_encoder();

-- Learns of an encoder by its first vector, and holds later ones to its dimensions.
CREATE FUNCTION router.check_encoder()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  given integer := cardinality(NEW.embedding::real[]);
  known integer := (SELECT e.dimensions FROM router.encoders e WHERE e.name = NEW.encoder);
BEGIN
  IF known IS NULL THEN
    INSERT INTO router.encoders AS e (name, dimensions) VALUES (NEW.encoder, given)
    ON CONFLICT (name) DO UPDATE SET dimensions = coalesce(e.dimensions, EXCLUDED.dimensions)
    RETURNING e.dimensions INTO known;
  END IF;
  IF known <> given THEN
    RAISE EXCEPTION 'the vector has % dimensions, those of encoder "%" have %', given, NEW.encoder, known
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Take the encoder out first: SELECT router_drop_encoder(''...''), or store it under another name.';
  END IF;
  RETURN NEW;
END
$$;

-- The local encoder's rows are checked by the table's own constraint, which costs nothing.
CREATE TRIGGER check_encoder
  BEFORE INSERT OR UPDATE OF embedding, encoder ON router.query_embeddings
  FOR EACH ROW WHEN (NEW.encoder <> 'minilm-static-256') EXECUTE FUNCTION router.check_encoder();

-- The statement that finds the nearest questions of an encoder: $1 the vector, $2 the asking role's name, $3 its OID.
-- Encoder, dimensions and limit stand in it as constants, so that the index of just that encoder serves it, also in a
-- plan that is kept. What was taught is read from the local encoder's row, where there is one.
CREATE FUNCTION router.nearest_statement(for_encoder text, n integer)
RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT format($s$
    SELECT r.id, r.original_query, e.similarity, r.quickspec, r.usage_count, r.intent_category, r.success_score::float8,
           r.source IN ('taught', 'mined') OR r.created_by = $2,
           has_table_privilege($3, 'router.query_embeddings', 'SELECT'),
           (extract(epoch FROM r.taught_at) * 1000000)::bigint
      FROM (SELECT q, 1 - (q.embedding OPERATOR(%1$s.<=>) $1) AS similarity
              FROM router.query_embeddings q
             WHERE q.encoder = %3$L
             ORDER BY q.embedding::%2$s OPERATOR(%1$s.<=>) $1::%2$s
             LIMIT %4$s) e
      %5$s r
     ORDER BY e.similarity DESC, r.id$s$,
    x.extnamespace::regnamespace,
    coalesce(router.indexed_type(k.dimensions), format('%s.vector', x.extnamespace::regnamespace)),
    k.name, n,
    CASE WHEN k.name = 'minilm-static-256' THEN 'CROSS JOIN LATERAL (SELECT (e.q).*)'
         ELSE 'LEFT JOIN router.query_embeddings l ON md5(l.normalized_query) = md5((e.q).normalized_query) '
              'AND l.created_by = (e.q).created_by AND l.encoder = ''minilm-static-256'' '
              'CROSS JOIN LATERAL (SELECT (coalesce(l, e.q)).*)' END)
    FROM router.encoders k, pg_catalog.pg_extension x
   WHERE k.name = for_encoder AND k.dimensions IS NOT NULL AND x.extname = 'vector';
END;
