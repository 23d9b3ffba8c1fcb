//! What a caller may learn: nothing of datasets, columns and values that he may not SELECT.
//!
//! The strongest way to say so: to a role without the privilege, a database in which the secret is registered, harvested
//! and taught answers word for word as one in which it does not exist.

use postgres::Client;
use router_client_tests::{Database, Server, value};

/// What both databases have.
const SHARED: &str = "
  CREATE TABLE shop (sold_on date NOT NULL, region text NOT NULL, sales numeric NOT NULL);
  INSERT INTO shop SELECT date '2024-01-01' + n, (ARRAY['North', 'South', 'West'])[n % 3 + 1], n FROM generate_series(0, 364) AS n;
  ANALYZE shop;
  SELECT router_register('shop');
  SELECT router_teach('how is business going', '{\"schema\": \"QuickSpec@1\", \"dataset\": \"public.shop\", \"x\": \"region\",
    \"y\": \"sales\", \"agg\": \"sum\", \"chart\": \"bar\"}');";

/// A table that the role may not read at all, with all that the extension can know of it.
const LEDGER: &str = "
  CREATE TABLE ledger (booked_on date NOT NULL, supplier text NOT NULL, kickback numeric NOT NULL);
  INSERT INTO ledger SELECT date '2024-01-01' + n, (ARRAY['Zanzibar Holdings', 'Quillfeather'])[n % 2 + 1], n FROM generate_series(0, 99) AS n;
  ANALYZE ledger;
  SELECT router_register('ledger', '{\"label\": \"Secret ledger\", \"synonyms\": {\"kickback\": [\"goodwill payment\"]}}');
  SELECT router_synonym('public.ledger.supplier', 'business friend');
  SELECT router_teach('who got the most goodwill last year', '{\"schema\": \"QuickSpec@1\", \"dataset\": \"public.ledger\",
    \"x\": \"supplier\", \"y\": \"kickback\", \"agg\": \"sum\", \"chart\": \"bar\"}');
  SELECT router_template('secret template', ARRAY['show the friends'], '{\"schema\": \"QuickSpec@1\", \"dataset\": \"public.ledger\",
    \"x\": \"supplier\", \"y\": \"kickback\", \"agg\": \"sum\", \"chart\": \"bar\"}');";

/// A table of which the role may read two columns, registered with all; and the same as if it had no others.
const STAFF: &str = "
  CREATE TABLE staff (name text NOT NULL, team text NOT NULL, salary numeric, grade text);
  INSERT INTO staff VALUES ('Ada', 'Red', 5000, 'Overlord'), ('Bo', 'Blue', 4000, 'Peon');
  ANALYZE staff;
  SELECT router_register('staff', '{\"synonyms\": {\"salary\": [\"wage\"], \"grade\": [\"rung\"]}}');
  SELECT router_teach('what do we pay', '{\"schema\": \"QuickSpec@1\", \"dataset\": \"public.staff\", \"x\": \"team\", \"y\": \"salary\",
    \"agg\": \"avg\", \"chart\": \"bar\"}');";
const STAFF_WITHOUT: &str = "
  CREATE TABLE staff (name text NOT NULL, team text NOT NULL);
  INSERT INTO staff VALUES ('Ada', 'Red'), ('Bo', 'Blue');
  ANALYZE staff;
  SELECT router_register('staff');";

const PROMPTS: &[&str] = &[
    "total sales by region",
    "total kickback by supplier",
    "kickbacks of Zanzibar Holdings",
    "goodwill payments per business friend",
    "who got the most goodwill last year",
    "who got much goodwill this year",
    "show the friends",
    "quilfeather in 2024",
    "zanzibr",
    "how many rows are in ledger",
    "secret ledger",
    "sales of Quillfeather by region",
    "average salary by team",
    "wages by team",
    "what do we pay",
    "what do we pay in red",
    "how many overlords are there",
    "staff by rung",
    "team of the overlord",
    "how many people by team",
    "names in team Red",
    "how is business going",
    "how is business",
];

const SECRETS: &[&str] = &[
    "ledger",
    "kickback",
    "supplier",
    "zanzibar",
    "quillfeather",
    "goodwill payment",
    "salary",
    "grade",
    "overlord",
    "peon",
];

fn database(setup: &[&str], role: &str) -> (Database, Client) {
    let database = Database::with_router(Server::Preloaded);
    let mut session = database.session();
    for sql in setup {
        session.batch_execute(sql).expect("the tables are registered");
    }
    session
        .batch_execute(&format!(
            "GRANT SELECT ON shop TO {role}; GRANT SELECT (name, team) ON staff TO {role}; SET ROLE {role}"
        ))
        .expect("what the role may read");
    (database, session)
}

/// Everything that asking says, or the error it raises, without what is different for each request.
fn told(session: &mut Client, prompt: &str) -> Vec<String> {
    let prompt = prompt.replace('\'', "''");
    let asked = [
        format!("SELECT (router_route('{prompt}') - 'request_id')::text"),
        format!("SELECT string_agg(step || ': ' || detail, E'\\n') FROM router_explain('{prompt}')"),
        format!("SELECT router_sql('{prompt}')"),
        format!("SELECT jsonb_agg(r)::text FROM router_rows('{prompt}') AS r"),
        format!("SELECT array_agg(q ORDER BY q)::text FROM router_query('{prompt}') AS q"),
    ];
    asked
        .iter()
        .map(|sql| match session.simple_query(sql) {
            Ok(_) => value(session, sql).unwrap_or_default(),
            Err(error) => {
                let error = error.as_db_error().expect("an error of the server");
                // A build that shows where an error was raised puts that in the detail.
                let detail = error.detail().filter(|d| !d.contains("0: ")).unwrap_or_default();
                format!(
                    "{}: {} / {detail} / {}",
                    error.code().code(),
                    error.message(),
                    error.hint().unwrap_or_default()
                )
            }
        })
        .collect()
}

/// A role, dropped with what was granted to it.
struct Role {
    admin: Client,
    name: String,
}

impl Role {
    fn new(name: &str) -> Self {
        let database = Database::empty(Server::Preloaded);
        let name = format!("{}_{name}", database.name);
        let mut admin = Server::Preloaded.session();
        admin.batch_execute(&format!("CREATE ROLE {name}")).expect("a role");
        Self { admin, name }
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        let _ = self.admin.batch_execute(&format!("DROP ROLE {}", self.name));
    }
}

#[test]
fn what_may_not_be_read_is_as_if_it_did_not_exist() {
    let role = Role::new("outsider");
    let (_with, mut with) = database(&[SHARED, LEDGER, STAFF], &role.name);
    let (_without, mut without) = database(&[SHARED, STAFF_WITHOUT], &role.name);
    let mut differing = Vec::new();
    for prompt in PROMPTS {
        let (told_with, told_without) = (told(&mut with, prompt), told(&mut without, prompt));
        for (a, b) in told_with.iter().zip(&told_without) {
            if a != b {
                differing.push(format!("{prompt}\n  {a}\n  {b}"));
            }
        }
        let own_words = prompt.to_lowercase();
        for secret in SECRETS.iter().filter(|secret| !own_words.contains(**secret)) {
            for text in &told_with {
                assert!(!text.to_lowercase().contains(secret), "{secret} is told to {prompt:?}: {text}");
            }
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn whoever_may_read_it_is_answered() {
    let role = Role::new("insider");
    let (_database, mut session) = database(&[SHARED, LEDGER, STAFF], &role.name);
    session.batch_execute("RESET ROLE").expect("the superuser");
    for prompt in ["total kickback by supplier", "average salary by team"] {
        let status = value(&mut session, &format!("SELECT router_route('{prompt}') ->> 'status'"));
        assert_eq!(status.as_deref(), Some("ok"), "{prompt}: or the other test shows nothing");
    }
}

#[test]
fn a_session_that_changes_roles_mixes_nothing() {
    let role = Role::new("switcher");
    let (_database, mut session) = database(&[SHARED, LEDGER, STAFF], &role.name);
    let status = "SELECT router_route('total kickback by supplier') ->> 'status'";
    for _ in 0..3 {
        session.batch_execute("RESET ROLE").expect("the superuser");
        assert_eq!(value(&mut session, status).as_deref(), Some("ok"));
        session.batch_execute(&format!("SET ROLE {}", role.name)).expect("the role");
        assert_ne!(value(&mut session, status).as_deref(), Some("ok"));
        let verdict = "SELECT router_validate_sql('SELECT sum(kickback) FROM ledger') #>> '{violations,0,rule}'";
        assert_eq!(value(&mut session, verdict).as_deref(), Some("privilege"));
    }
}

/// A function with its owner's rights asks in the owner's name; what it leaves in the session is nobody's.
#[test]
fn a_security_definer_lends_its_rights_and_no_more() {
    let role = Role::new("borrower");
    let (_database, mut session) = database(&[SHARED, LEDGER, STAFF], &role.name);
    session
        .batch_execute(&format!(
            "RESET ROLE;
             CREATE FUNCTION asked_by_owner(prompt text) RETURNS jsonb LANGUAGE sql SECURITY DEFINER
               SET search_path = public, pg_temp AS 'SELECT router_route(prompt)';
             CREATE FUNCTION run_by_owner(prompt text) RETURNS SETOF jsonb LANGUAGE sql SECURITY DEFINER
               SET search_path = public, pg_temp AS 'SELECT router_rows(prompt)';
             SET ROLE {}",
            role.name
        ))
        .expect("functions of the owner");
    let prompt = "total kickback by supplier";
    let by_owner = format!("SELECT asked_by_owner('{prompt}') ->> 'status'");
    assert_eq!(value(&mut session, &by_owner).as_deref(), Some("ok"));
    assert_eq!(value(&mut session, &format!("SELECT count(*) FROM run_by_owner('{prompt}')")).as_deref(), Some("2"));
    for text in told(&mut session, prompt) {
        assert!(!text.to_lowercase().contains("zanzibar"), "{text}");
    }
    // An answer is its asker's: another role can't take it up by its id.
    let id = value(&mut session, &format!("SELECT asked_by_owner('{prompt}') ->> 'request_id'")).expect("an id");
    let follow_up =
        format!("SELECT (router_route('only Quillfeather', '{{\"previous\": \"{id}\"}}') - 'request_id')::text");
    let answer = match session.simple_query(&follow_up) {
        Ok(_) => value(&mut session, &follow_up).unwrap_or_default(),
        Err(error) => error.as_db_error().expect("an error of the server").message().to_owned(),
    };
    assert!(!answer.contains("kickback") && !answer.contains("ledger"), "{answer}");
}

#[test]
fn tenants_learn_nothing_of_each_other() {
    let (red, blue) = (Role::new("red"), Role::new("blue"));
    let database = Database::with_router(Server::Preloaded);
    let mut session = database.session();
    session
        .batch_execute(&format!(
            "CREATE TABLE accounts (tenant text NOT NULL, customer text NOT NULL, opened_on date NOT NULL, balance numeric NOT NULL);
             INSERT INTO accounts VALUES ('{red}', 'Initech', '2024-01-01', 10), ('{red}', 'Hooli', '2024-02-01', 20),
               ('{blue}', 'Vandelay', '2024-03-01', 40), ('{blue}', 'Bluth', '2024-04-01', 80);
             ALTER TABLE accounts ENABLE ROW LEVEL SECURITY;
             CREATE POLICY own ON accounts USING (tenant = current_user);
             CREATE VIEW accounts_seen WITH (security_barrier) AS SELECT customer, balance FROM accounts WHERE tenant = current_user;
             GRANT SELECT ON accounts, accounts_seen TO {red}, {blue};
             ANALYZE accounts;
             SELECT router_register('accounts')",
            red = red.name,
            blue = blue.name
        ))
        .expect("two tenants");
    for (role, own, others) in [
        (&red.name, ["initech", "hooli"], ["vandelay", "bluth"]),
        (&blue.name, ["vandelay", "bluth"], ["initech", "hooli"]),
    ] {
        session.batch_execute(&format!("SET ROLE {role}; SET row_security = off")).expect("the tenant");
        let rows = told(&mut session, "total balance by customer").join("\n").to_lowercase();
        assert!(own.iter().all(|name| rows.contains(name)), "{rows}");
        for prompt in [
            "total balance by customer",
            "balance of vandely",
            "balance of intech",
            "customers named blut",
            "who opened an account in 2024",
        ] {
            let text = told(&mut session, prompt).join("\n").to_lowercase();
            assert!(others.iter().all(|name| !text.contains(name)), "{role}: {prompt}: {text}");
        }
        session.batch_execute("RESET ROLE; RESET row_security").expect("back");
    }
    drop(session);
    drop(database);
}

#[test]
fn tables_and_teaching_are_closed_to_everybody() {
    let role = Role::new("stranger");
    let (_database, mut session) = database(&[SHARED, LEDGER, STAFF], &role.name);
    session.batch_execute("RESET ROLE").expect("the superuser");
    let readable = format!(
        "SELECT string_agg(c.oid::regclass::text, ' ') FROM pg_class c
         WHERE c.relnamespace = 'router'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
           AND has_any_column_privilege('{role}', c.oid, 'SELECT, INSERT, UPDATE')",
        role = role.name
    );
    assert_eq!(value(&mut session, &readable), None, "tables that everybody may read or write");
    let callable = format!(
        "SELECT string_agg(DISTINCT p.proname, ' ' ORDER BY p.proname) FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid
         JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'router'
         WHERE d.classid = 'pg_proc'::regclass AND d.deptype = 'e' AND has_function_privilege('{role}', p.oid, 'EXECUTE')
           AND p.proname ~ '^router_(register|unregister|refresh|synonym|unsynonym|teach|forget|template|handler|golden|check|replay|train|calibrate|grant|allow|disallow|health|errors|performance|cache|optimize|maintain|mine)'",
        role = role.name
    );
    assert_eq!(value(&mut session, &callable), None, "functions that teach or operate, open to everybody");
}
