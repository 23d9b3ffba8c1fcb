//! The extension as a guest in a database: it stays in its place and leaves nothing behind.

use router_client_tests::{Database, Server, value};

/// Every object of the catalogs that `CREATE EXTENSION` could leave something in, one a line.
const OBJECTS: &str = "
    SELECT string_agg(object, E'\n' ORDER BY object) FROM (
        SELECT 'relation ' || oid::regclass FROM pg_class WHERE relnamespace::regnamespace::text !~ '^pg_(temp|toast)'
        UNION ALL SELECT 'function ' || oid::regprocedure FROM pg_proc
        UNION ALL SELECT 'type ' || oid::regtype FROM pg_type WHERE typnamespace::regnamespace::text !~ '^pg_(temp|toast)'
        UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname !~ '^pg_(temp|toast)'
        UNION ALL SELECT 'operator ' || oid::regoperator FROM pg_operator
        UNION ALL SELECT 'cast ' || castsource::regtype || ' ' || casttarget::regtype FROM pg_cast
        UNION ALL SELECT 'constraint ' || conname FROM pg_constraint
        UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger
        UNION ALL SELECT 'event trigger ' || evtname FROM pg_event_trigger
        UNION ALL SELECT 'policy ' || polname FROM pg_policy
        UNION ALL SELECT 'extension ' || extname FROM pg_extension
        UNION ALL SELECT 'default privileges ' || oid FROM pg_default_acl
        UNION ALL SELECT 'initial privileges ' || pg_describe_object(classoid, objoid, objsubid) FROM pg_init_privs
        UNION ALL SELECT 'comment ' || coalesce(pg_describe_object(classoid, objoid, objsubid), 'on nothing') FROM pg_description
        UNION ALL SELECT 'large object ' || oid FROM pg_largeobject_metadata
        UNION ALL SELECT 'dependency on nothing' FROM pg_depend WHERE pg_describe_object(classid, objid, objsubid) IS NULL
        UNION ALL SELECT 'role ' || rolname FROM pg_roles
        UNION ALL SELECT 'role setting ' || setdatabase || setrole || setconfig::text FROM pg_db_role_setting
    ) AS catalog (object)";

#[test]
fn drop_extension_leaves_nothing_behind() {
    let database = Database::empty(Server::Preloaded);
    let mut session = database.session();
    session.batch_execute("CREATE EXTENSION vector").expect("pgvector is there");
    let before = value(&mut session, OBJECTS);
    session.batch_execute("CREATE EXTENSION router").expect("the extension is created");
    assert_ne!(before, value(&mut session, OBJECTS), "the list of objects must see the extension");
    session.batch_execute("DROP EXTENSION router").expect("the extension is dropped");
    assert_eq!(before, value(&mut session, OBJECTS));
    session.batch_execute("CREATE EXTENSION router").expect("the extension is created again");
}

#[test]
fn any_schema_will_do() {
    let database = Database::empty(Server::Preloaded);
    let mut session = database.session();
    session
        .batch_execute(
            "CREATE SCHEMA \"My tools\"; CREATE SCHEMA vectors; CREATE EXTENSION vector SCHEMA vectors;
             CREATE EXTENSION router SCHEMA \"My tools\"",
        )
        .expect("the extension is created in a schema of another name");
    assert!(value(&mut session, "SELECT \"My tools\".router_version()").is_some());
    assert_eq!(
        value(&mut session, "SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace").as_deref(),
        Some("0"),
        "nothing strays into public"
    );
}

#[test]
fn two_databases_at_once() {
    let (one, other) = (Database::with_router(Server::Preloaded), Database::with_router(Server::Preloaded));
    let (mut in_one, mut in_other) = (one.session(), other.session());
    in_one.batch_execute("DROP EXTENSION router").expect("dropped in one database");
    assert!(value(&mut in_other, "SELECT router_version()").is_some(), "and still there in the other");
}

#[test]
fn works_without_being_preloaded() {
    let database = Database::with_router(Server::Plain);
    let mut session = database.session();
    assert_eq!(value(&mut session, "SHOW shared_preload_libraries").as_deref(), Some(""));
    assert!(value(&mut session, "SELECT router_version()").is_some());
}
