-- Questions whose answer is known and must stay what it is.
CREATE TABLE router.golden_questions (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  prompt       text        NOT NULL,
  context      jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(context) = 'object'),
  as_of        timestamptz NOT NULL,  -- what "now" means where the context doesn't say
  timezone     text        NOT NULL,  -- likewise
  expected_sql text        NOT NULL,  -- every name qualified
  created_by   text        NOT NULL DEFAULT current_user,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE router.golden_questions IS 'Questions with the SQL that must answer them, checked by router_check()';
CREATE UNIQUE INDEX golden_questions_question_idx ON router.golden_questions (md5(prompt), md5(context::text), created_by);

REVOKE ALL ON router.golden_questions FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('router.golden_questions', '');
SELECT pg_catalog.pg_extension_config_dump('router.golden_questions_id_seq', '');
