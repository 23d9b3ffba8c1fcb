-- What is registered and taught. Relations are named by OID (`regclass`), so that they may be
-- renamed; columns by name, so that dump and restore, which renumber columns, keep them.
-- Every change fires router_semantic_changed(): see triggers.sql.

-- One row a registered relation.
CREATE TABLE router.datasets (
  relation      regclass    PRIMARY KEY,
  name          text        NOT NULL,  -- schema.table, unquoted, when registered or refreshed
  layer         text        NOT NULL DEFAULT 'silver' CHECK (layer IN ('bronze', 'silver', 'gold', 'platinum')),
  label         text,
  time_column   text,                  -- default time axis
  all_columns   boolean     NOT NULL DEFAULT true,  -- false: only the columns in dataset_columns
  options       jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(options) = 'object'),
  registered_by text        NOT NULL DEFAULT current_user,
  registered_at timestamptz NOT NULL DEFAULT now(),
  refreshed_at  timestamptz NOT NULL DEFAULT now()
);

-- What registration decided a column is for. A column of the relation without a row is read by
-- the same rules when the model is loaded; a row without a column is left out.
CREATE TABLE router.dataset_columns (
  relation    regclass NOT NULL REFERENCES router.datasets ON DELETE CASCADE,
  column_name text     NOT NULL,
  role        text     NOT NULL CHECK (role IN ('dimension', 'measure', 'time', 'key')),
  default_agg text     NOT NULL CHECK (default_agg IN ('sum', 'avg', 'median', 'count', 'count_distinct', 'min', 'max', 'none')),
  PRIMARY KEY (relation, column_name)
);

-- Relationships that no foreign key states. Many rows of `relation` belong to one of `referenced`.
CREATE TABLE router.relationships (
  relation           regclass NOT NULL REFERENCES router.datasets ON DELETE CASCADE,
  columns            text[]   NOT NULL,
  referenced         regclass NOT NULL,  -- used once it is registered too
  referenced_columns text[]   NOT NULL,
  PRIMARY KEY (relation, columns, referenced),
  CHECK (cardinality(columns) > 0 AND cardinality(columns) = cardinality(referenced_columns))
);

-- Other names: of a dataset (column_name and value null), a column (value null), or a stored value.
CREATE TABLE router.synonyms (
  relation    regclass    NOT NULL REFERENCES router.datasets ON DELETE CASCADE,
  column_name text,
  value       text,
  alias       text        NOT NULL CHECK (alias <> ''),
  source      text        NOT NULL CHECK (source IN ('options', 'taught')),
  created_by  text        NOT NULL DEFAULT current_user,
  created_at  timestamptz NOT NULL DEFAULT now(),
  UNIQUE NULLS NOT DISTINCT (relation, column_name, value, alias),
  CHECK (value IS NULL OR column_name IS NOT NULL)
);

-- Distinct stored values of a text column: one array a column, because the model is loaded whole.
CREATE TABLE router.column_values (
  relation     regclass    NOT NULL REFERENCES router.datasets ON DELETE CASCADE,
  column_name  text        NOT NULL,
  stored       text[]      NOT NULL,
  complete     boolean     NOT NULL,  -- every distinct value is there
  harvested_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (relation, column_name)
);

-- One row a statement that changed the tables above; the semantic version is the sum of `changes`.
-- Rows are only added, so that two sessions that teach do not wait for each other.
CREATE TABLE router.semantic_changes (
  changed_at timestamptz NOT NULL DEFAULT now(),
  changed_by text        NOT NULL DEFAULT session_user,
  changes    bigint      NOT NULL DEFAULT 1,
  -- Two states of the tables above are the same only if their marks, put together by XOR, are. What is taught besides
  -- (questions, templates) counts as a change and has no mark.
  mark       bigint      NOT NULL DEFAULT pg_catalog.hashtextextended(pg_catalog.gen_random_uuid()::text, 0)
);

REVOKE ALL ON router.datasets, router.dataset_columns, router.relationships, router.synonyms,
  router.column_values, router.semantic_changes FROM PUBLIC;

-- A dropped relation's rows would be dumped as bare numbers and could come back as another relation's.
DO $$
DECLARE
  alive CONSTANT text := 'WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_class c WHERE c.oid = relation)';
BEGIN
  PERFORM pg_catalog.pg_extension_config_dump('router.datasets', alive);
  PERFORM pg_catalog.pg_extension_config_dump('router.dataset_columns', alive);
  PERFORM pg_catalog.pg_extension_config_dump('router.relationships',
    alive || ' AND EXISTS (SELECT 1 FROM pg_catalog.pg_class c WHERE c.oid = referenced)');
  PERFORM pg_catalog.pg_extension_config_dump('router.synonyms', alive);
  PERFORM pg_catalog.pg_extension_config_dump('router.column_values', alive);
  PERFORM pg_catalog.pg_extension_config_dump('router.semantic_changes', '');
END
$$;
