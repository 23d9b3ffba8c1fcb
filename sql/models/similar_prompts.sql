-- Recorded prompts by similarity: an index like those of taught questions, with one entry a prompt.
CREATE FUNCTION router.create_prompt_index() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  kind text := router.indexed_type(256);
BEGIN
  EXECUTE format('CREATE INDEX prompt_outcomes_similar_idx ON router.prompt_outcomes
                  USING hnsw ((router.prompt_vector(features)::%s) %s.%s)
                  WITH (m = 8, ef_construction = 32) WHERE first_of_prompt',
                 kind,
                 (SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'vector'),
                 CASE WHEN kind ~ 'halfvec' THEN 'halfvec_cosine_ops' ELSE 'vector_cosine_ops' END);
END
$$;

SELECT router.create_prompt_index();

-- The statement that finds the n recorded prompts nearest to a vector ($1), each with its latest outcomes.
CREATE FUNCTION router.similar_prompts_statement(n integer) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT format($s$
    SELECT p.outcome_id, p.features, o.model_id, o.quality
      FROM (SELECT outcome_id, prompt_hash, features FROM router.prompt_outcomes
             WHERE first_of_prompt
             ORDER BY router.prompt_vector(features)::%2$s OPERATOR(%1$s.<=>) $1::%2$s
             LIMIT %3$s) p
     CROSS JOIN LATERAL (SELECT model_id, quality FROM router.prompt_outcomes
                          WHERE prompt_hash = p.prompt_hash ORDER BY outcome_id DESC LIMIT 256) o$s$,
    x.extnamespace::regnamespace, router.indexed_type(256), n)
    FROM pg_catalog.pg_extension x
   WHERE x.extname = 'vector';
END;

-- The transactions of a dump are those of another server.
CREATE FUNCTION router.written_here() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  NEW.written_by := pg_current_xact_id();
  RETURN NEW;
END
$$;

CREATE TRIGGER written_here BEFORE INSERT ON router.prompt_outcomes
  FOR EACH ROW WHEN (router.restoring()) EXECUTE FUNCTION router.written_here();

REVOKE ALL ON FUNCTION router.create_prompt_index(), router.similar_prompts_statement(integer), router.written_here() FROM PUBLIC;
