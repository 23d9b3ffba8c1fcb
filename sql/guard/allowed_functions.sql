-- Functions of users and extensions that statements may call all the same. What such a function does is beyond the
-- guard's sight, so that only superusers add to it.
CREATE TABLE router.allowed_functions (
  function   regprocedure PRIMARY KEY,
  allowed_by text NOT NULL DEFAULT current_user,
  allowed_at timestamptz NOT NULL DEFAULT now()
);
REVOKE ALL ON router.allowed_functions FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('router.allowed_functions', '');
