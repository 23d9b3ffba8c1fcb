-- Functions of users and extensions that statements may call all the same. What such a function does is beyond the
-- guard's sight, so that only superusers add to it.
CREATE TABLE router.allowed_functions (
  function   regprocedure PRIMARY KEY,
  allowed_by text NOT NULL DEFAULT current_user,
  allowed_at timestamptz NOT NULL DEFAULT now()
);
REVOKE ALL ON router.allowed_functions FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('router.allowed_functions', '');

-- Lets statements call a function that is not built in. Superusers only.
CREATE FUNCTION router_allow_function(function regprocedure) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    RAISE EXCEPTION 'only a superuser may allow a function'
      USING ERRCODE = 'insufficient_privilege', HINT = 'The guard can not see what the function does.';
  END IF;
  INSERT INTO router.allowed_functions (function) VALUES ($1) ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION router_allow_function(regprocedure) IS
  'Lets statements that the guard checks call a function of a user or an extension. Superusers only.';
REVOKE ALL ON FUNCTION router_allow_function(regprocedure) FROM PUBLIC;

-- Takes it back.
CREATE FUNCTION router_disallow_function(function regprocedure) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  DELETE FROM router.allowed_functions a WHERE a.function = $1;
$$;
COMMENT ON FUNCTION router_disallow_function(regprocedure) IS 'Takes router_allow_function back.';
REVOKE ALL ON FUNCTION router_disallow_function(regprocedure) FROM PUBLIC;
