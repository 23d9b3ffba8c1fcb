//! The first question of a connection, which has heard of no change: it looks up for itself what is so now.

use postgres::Client;
use router_client_tests::{Database, Server, value};

struct Shop {
    database: Database,
    owner: Client,
    /// May read two tables; and a group that it belongs to at times.
    reader: String,
    group: String,
}

impl Shop {
    fn new() -> Self {
        let database = Database::with_router(Server::Preloaded);
        let mut owner = database.session();
        let (reader, group) = (format!("{}_reader", database.name), format!("{}_group", database.name));
        owner
            .batch_execute(&format!(
                "CREATE SCHEMA stock;
                 CREATE TABLE shop (id int PRIMARY KEY, sold_on date, region text, sales numeric);
                 INSERT INTO shop SELECT n, date '2024-01-01' + n, (ARRAY['North', 'South', 'West'])[n % 3 + 1], n
                 FROM generate_series(0, 364) AS n;
                 CREATE TABLE stock.item (shop_id int, kind text, pieces int);
                 INSERT INTO stock.item SELECT n, 'kind ' || n % 4, n FROM generate_series(0, 99) AS n;
                 CREATE TABLE secret (region text, profit numeric);
                 INSERT INTO secret VALUES ('North', 1);
                 ANALYZE shop, stock.item, secret;
                 SELECT router_register('shop'), router_register('stock.item'), router_register('secret');
                 CREATE ROLE {reader}; CREATE ROLE {group};
                 GRANT USAGE ON SCHEMA stock TO {reader};
                 GRANT SELECT ON shop, stock.item TO {reader}; GRANT SELECT ON secret TO {group}"
            ))
            .expect("the tables are registered");
        Self { database, owner, reader, group }
    }

    fn fresh(&self) -> Client {
        let mut session = self.database.session();
        session.batch_execute(&format!("SET ROLE {}", self.reader)).expect("the role is there");
        session
    }

    fn change(&mut self, sql: &str) {
        let sql = sql.replace("{reader}", &self.reader).replace("{group}", &self.group);
        self.owner.batch_execute(&sql).expect(&sql);
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let (reader, group) = (&self.reader, &self.group);
        let _ = self.owner.batch_execute(&format!("DROP OWNED BY {reader}, {group}; DROP ROLE {reader}, {group}"));
    }
}

fn ask(session: &mut Client, question: &str, key: &str) -> String {
    value(session, &format!("SELECT router_route('{question}') ->> '{key}'")).unwrap_or_default()
}

/// Whether the first question of a new connection is answered from what another connection asked.
fn is_known(shop: &Shop, question: &str) -> bool {
    ask(&mut shop.fresh(), question, "cached") == "true"
}

#[test]
fn whatever_the_catalogs_say_otherwise_makes_the_first_question_a_new_one() {
    let mut shop = Shop::new();
    for (n, change) in [
        "ALTER TABLE shop ALTER COLUMN sales SET NOT NULL",
        "ALTER TABLE shop ALTER COLUMN sales TYPE numeric(12, 2)",
        "ALTER TABLE shop ADD COLUMN cost numeric",
        "ALTER TABLE shop DROP COLUMN cost",
        "COMMENT ON TABLE shop IS 'what was sold'",
        "COMMENT ON COLUMN shop.sales IS 'turnover'",
        "COMMENT ON COLUMN shop.sales IS NULL",
        "ALTER TABLE stock.item ADD CONSTRAINT of_shop FOREIGN KEY (shop_id) REFERENCES shop",
        "ALTER TABLE stock.item DROP CONSTRAINT of_shop",
        "CREATE UNIQUE INDEX one_a_day ON shop (sold_on)",
        "DROP INDEX one_a_day",
        "ALTER TABLE shop ENABLE ROW LEVEL SECURITY; CREATE POLICY all_rows ON shop USING (true)",
        "INSERT INTO shop SELECT n, date '2024-01-01', 'North', n FROM generate_series(1000, 9999) n; ANALYZE shop",
        "ALTER TABLE stock.item RENAME TO thing",
        "ALTER SCHEMA stock RENAME TO store",
        "GRANT SELECT ON secret TO {reader}",
        "REVOKE SELECT ON secret FROM {reader}",
        "GRANT SELECT (region) ON secret TO {reader}",
        "GRANT {group} TO {reader}",
        "REVOKE {group} FROM {reader}",
        "REVOKE USAGE ON SCHEMA store FROM {reader}",
        "ALTER ROLE {reader} SUPERUSER",
        "ALTER ROLE {reader} NOSUPERUSER",
        "SELECT router_synonym('public.shop.sales', 'turnover')",
        "SELECT router_teach('how is it going', router_route('total sales by region') -> 'spec')",
        "SELECT router_unregister('store.thing')",
        "DROP TABLE secret",
    ]
    .into_iter()
    .enumerate()
    {
        // Another question each time: what a change takes back is as it was, and so is what was answered then.
        let question = format!("top {} regions by sales", n + 2);
        is_known(&shop, &question);
        assert!(is_known(&shop, &question), "without a change before {change}");
        shop.change(change);
        assert!(!is_known(&shop, &question), "after {change}");
    }
}

#[test]
fn the_first_question_sees_what_was_committed_before() {
    let mut shop = Shop::new();
    let profit = |shop: &Shop| ask(&mut shop.fresh(), "total profit by region", "sql");
    assert!(!profit(&shop).contains("profit"));
    shop.change("GRANT {group} TO {reader}");
    assert!(profit(&shop).contains("sum(profit)"), "{}", profit(&shop));
    shop.change("REVOKE {group} FROM {reader}");
    assert!(!profit(&shop).contains("profit"));
    shop.change("GRANT SELECT (region) ON secret TO {reader}");
    assert!(!profit(&shop).contains("profit"), "another column of it");
    shop.change("GRANT SELECT (profit) ON secret TO {reader}");
    assert!(profit(&shop).contains("sum(profit)"), "both columns");
    shop.change("REVOKE SELECT (profit) ON secret FROM {reader}");
    assert!(!profit(&shop).contains("profit"));
    shop.change("REVOKE USAGE ON SCHEMA stock FROM {reader}");
    assert!(!ask(&mut shop.fresh(), "pieces by kind", "sql").contains("stock"), "a schema that it may not use");
    shop.change("ALTER ROLE {reader} SUPERUSER");
    assert!(ask(&mut shop.fresh(), "pieces by kind", "sql").contains("stock.item"));
    shop.change("ALTER ROLE {reader} NOSUPERUSER");
    assert!(!ask(&mut shop.fresh(), "pieces by kind", "sql").contains("stock"));
    shop.change("ALTER TABLE shop RENAME COLUMN region TO area");
    assert!(ask(&mut shop.fresh(), "total sales by area", "sql").contains("area"));
}

#[test]
fn the_first_question_sees_its_own_uncommitted_changes() {
    let shop = Shop::new();
    let question = "total sales by region";
    is_known(&shop, question);
    let mut session = shop.database.session();
    session
        .batch_execute("BEGIN; CREATE TABLE till (region text, coins int); SELECT router_register('till')")
        .expect("registered");
    assert!(ask(&mut session, "total coins by region", "sql").contains("till"));
    assert!(is_known(&shop, question), "nobody else sees it");
    session.batch_execute("ROLLBACK").expect("taken back");
    assert!(!ask(&mut session, "total coins by region", "sql").contains("till"));
    let mut session = shop.database.session();
    session.batch_execute("BEGIN; ALTER TABLE shop RENAME COLUMN region TO area").expect("changed");
    assert!(ask(&mut session, "total sales by area", "sql").contains("area"));
    session.batch_execute("ROLLBACK").expect("taken back");
    assert!(ask(&mut session, question, "sql").contains("region"));
    assert!(is_known(&shop, question));
}

#[test]
fn a_question_that_keeps_to_an_old_snapshot_leaves_nothing_of_it_behind() {
    let mut shop = Shop::new();
    let mut session = shop.fresh();
    session.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1").expect("a snapshot");
    shop.change("SELECT router_synonym('public.shop.sales', 'takings')");
    let old = ask(&mut session, "takings by region", "sql");
    assert!(!old.contains("sales"), "{old}");
    session.batch_execute("COMMIT").expect("over");
    assert!(ask(&mut session, "takings by region", "sql").contains("sum(sales)"));
    assert!(ask(&mut shop.fresh(), "takings by region", "sql").contains("sum(sales)"));
}
