//! A rebuild keeps everything that a table has.

use sea_orm::ConnectionTrait;

use super::{change, check_left_clean, column, database, schema, value};

/// Adds a unique constraint and drops it again, and asserts that the schema and the rows are as before.
async fn check_kept(script: &str, table: &'static str, unique: &'static str) {
    let connection = database(script).await;
    let before = schema(&connection).await;
    let sql = format!("SELECT * FROM \"{}\"", table.replace('"', "\"\""));
    let rows = connection.query_all_raw(super::Statement::from_string(sea_orm::DbBackend::Sqlite, &sql)).await.unwrap();
    change(&connection, table, |table| table.add_unique("u1", [unique])).await.unwrap();
    let between = schema(&connection).await;
    assert!(between.contains(&format!("CONSTRAINT \"u1\" UNIQUE (\"{}\")", unique.replace('"', "\"\""))), "{between}");
    check_left_clean(&connection).await;
    change(&connection, table, |table| table.drop_unique("u1")).await.unwrap();
    assert_eq!(schema(&connection).await, before);
    let again =
        connection.query_all_raw(super::Statement::from_string(sea_orm::DbBackend::Sqlite, &sql)).await.unwrap();
    assert_eq!(rows.len(), again.len());
    check_left_clean(&connection).await;
}

#[tokio::test]
async fn checks_named_and_not() {
    let table = "CREATE TABLE t (a integer CHECK (a > 0), b text CONSTRAINT n CHECK (b <> ',)'), CHECK (a < 10), \
                 CONSTRAINT m CHECK (a <> 5) CHECK (b <> 'x''y')); INSERT INTO t VALUES (1, 'b')";
    check_kept(table, "t", "a").await;
}

#[tokio::test]
async fn collations_defaults_and_comments() {
    let table = "CREATE TABLE t (a text COLLATE NOCASE DEFAULT 'it''s' /* , */, -- of a, first\n\
                 b DEFAULT (1 + (2)) NOT NULL, [c d] REAL DEFAULT -1.5e3 -- the last\n); INSERT INTO t (a) VALUES ('a')";
    check_kept(table, "t", "a").await;
}

#[tokio::test]
async fn keys_and_conflict_clauses() {
    let table = "CREATE TABLE p (x, y, PRIMARY KEY (x, y)); \
                 CREATE TABLE t (a text NOT NULL ON CONFLICT IGNORE, x, y, c int UNIQUE ON CONFLICT REPLACE, \
                 PRIMARY KEY (a COLLATE NOCASE DESC), UNIQUE (x, y) ON CONFLICT FAIL, \
                 FOREIGN KEY (x, y) REFERENCES p ON UPDATE SET NULL ON DELETE SET DEFAULT MATCH FULL \
                 NOT DEFERRABLE INITIALLY IMMEDIATE, \
                 CONSTRAINT f FOREIGN KEY (c) REFERENCES t (c) DEFERRABLE INITIALLY DEFERRED); \
                 INSERT INTO p VALUES (1, 2); INSERT INTO t VALUES ('a', 1, 2, 3)";
    check_kept(table, "t", "y").await;
}

#[tokio::test]
async fn generated_columns() {
    let table = "CREATE TABLE t (a integer, v integer GENERATED ALWAYS AS (a * 2) VIRTUAL, \
                 s text AS (a || 'x') STORED NOT NULL, b); INSERT INTO t (a, b) VALUES (2, 'b')";
    check_kept(table, "t", "b").await;
    let connection = database(table).await;
    change(&connection, "t", |t| t.add_unique("u", ["s"])).await.unwrap();
    assert_eq!(value(&connection, "SELECT a || v || s || b FROM t").await, "242xb");
}

#[tokio::test]
async fn indexes_of_every_kind() {
    let table = "CREATE TABLE t (a, b, c); INSERT INTO t VALUES (1, 2, 3); CREATE INDEX d ON t (a DESC, b COLLATE NOCASE); \
                 CREATE UNIQUE INDEX \"p\"\"q\" ON t (b) WHERE c > 0; CREATE INDEX e ON t (lower(a), b + 1); \
                 CREATE INDEX a ON \"t\"(a)";
    check_kept(table, "t", "c").await;
}

#[tokio::test]
async fn triggers_and_views() {
    let script = "CREATE TABLE t (a, b); CREATE TABLE log (n); INSERT INTO t VALUES (1, 2); \
                  CREATE TRIGGER after_t AFTER UPDATE OF a ON t WHEN new.a > 1 BEGIN INSERT INTO log VALUES (new.a); END; \
                  CREATE TRIGGER into_t AFTER INSERT ON log BEGIN UPDATE t SET b = new.n WHERE a = new.n; END; \
                  CREATE VIEW v AS SELECT t.a, x.b FROM t JOIN t AS x USING (a); \
                  CREATE TRIGGER on_v INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES (new.a, new.b); END";
    check_kept(script, "t", "b").await;
    let connection = database(script).await;
    change(&connection, "t", |t| t.add_unique("u", ["b"])).await.unwrap();
    assert_eq!(column(&connection, "SELECT n FROM log").await, Vec::<String>::new(), "copying fires no trigger");
    connection.execute_unprepared("UPDATE t SET a = 7; INSERT INTO v VALUES (8, 9)").await.unwrap();
    assert_eq!(value(&connection, "SELECT group_concat(a || '-' || b) FROM v").await, "7-7,8-9");
}

#[tokio::test]
async fn autoincrement_and_its_sequence() {
    let script = "CREATE TABLE t (id integer PRIMARY KEY AUTOINCREMENT, a); CREATE TABLE other (id integer PRIMARY KEY AUTOINCREMENT); \
                  INSERT INTO other VALUES (5); INSERT INTO t VALUES (41, 1), (7, 2); DELETE FROM t WHERE id = 41";
    check_kept(script, "t", "a").await;
    let connection = database(script).await;
    change(&connection, "t", |t| t.add_unique("u", ["a"])).await.unwrap();
    connection.execute_unprepared("INSERT INTO t (a) VALUES (3)").await.unwrap();
    assert_eq!(value(&connection, "SELECT max(id) || '' FROM t").await, "42");
    assert_eq!(
        value(&connection, "SELECT group_concat(name || seq) FROM sqlite_sequence ORDER BY 1").await,
        "other5,t42"
    );
}

#[tokio::test]
async fn a_sequence_of_a_table_without_rows() {
    let script =
        "CREATE TABLE t (id integer PRIMARY KEY AUTOINCREMENT, a); INSERT INTO t VALUES (41, 1); DELETE FROM t";
    let connection = database(script).await;
    change(&connection, "t", |t| t.add_unique("u", ["a"])).await.unwrap();
    connection.execute_unprepared("INSERT INTO t (a) VALUES (3)").await.unwrap();
    assert_eq!(value(&connection, "SELECT id || '' FROM t").await, "42");
}

#[tokio::test]
async fn tables_without_row_numbers_and_strict_ones() {
    check_kept("CREATE TABLE t (a text PRIMARY KEY, b) WITHOUT ROWID; INSERT INTO t VALUES ('a', 1)", "t", "b").await;
    check_kept(
        "CREATE TABLE t (a text PRIMARY KEY, b any) STRICT, WITHOUT ROWID; INSERT INTO t VALUES ('a', 1)",
        "t",
        "b",
    )
    .await;
    check_kept("CREATE TABLE t (a int PRIMARY KEY DESC, rowid text, _rowid_, oid)", "t", "oid").await;
}

#[tokio::test]
async fn names_that_need_quotes() {
    let script = "CREATE TABLE \"or\"\"der, (x\" (\"select\" int, `a b` text, [c,d] int, 'e' int, \"f\"\"g\" int, été int); \
                  INSERT INTO \"or\"\"der, (x\" VALUES (1, 2, 3, 4, 5, 6); \
                  CREATE INDEX \"in dex\" ON \"or\"\"der, (x\" (\"f\"\"g\"); CREATE TABLE \"check\" (\"unique\" int, a int); \
                  CREATE VIEW \"v w\" AS SELECT * FROM \"or\"\"der, (x\"";
    check_kept(script, "or\"der, (x", "f\"g").await;
    check_kept(script, "or\"der, (x", "été").await;
    check_kept(script, "check", "unique").await;
}

#[tokio::test]
async fn tables_made_from_a_query() {
    check_kept("CREATE TABLE t AS SELECT 1 AS a, 'x' AS \"b c\"", "t", "b c").await;
}

#[tokio::test]
async fn a_full_text_index_over_the_table() {
    let script = "CREATE TABLE t (a text, b); CREATE VIRTUAL TABLE f USING fts5 (a, content = 't'); \
                  INSERT INTO t (rowid, a) VALUES (5, 'five'), (9, 'nine'); INSERT INTO f (f) VALUES ('rebuild')";
    let connection = database(script).await;
    change(&connection, "t", |t| t.add_unique("u", ["b"])).await.unwrap();
    assert_eq!(value(&connection, "SELECT rowid || a FROM f WHERE f MATCH 'nine'").await, "9nine");
    check_left_clean(&connection).await;
}

#[tokio::test]
async fn a_constraint_name_without_a_constraint() {
    check_kept("CREATE TABLE t (a int CONSTRAINT idle, b , CONSTRAINT x UNIQUE (a, b) CHECK (a > 0))", "t", "a").await;
}

#[tokio::test]
async fn unusual_names_beside_tables_of_the_name_that_the_old_table_gets() {
    let script = "CREATE TABLE \"a\"\"b\n\\ü😀\" (\"x\"\"\n\\\" integer, \"[y]\" text); \
        INSERT INTO \"a\"\"b\n\\ü😀\" VALUES (1, 'y'); \
        CREATE TABLE \"SEACHANGE_old_A\"\"B\n\\ü😀\" (n); CREATE VIEW \"seachange_old_a\"\"b\n\\ü😀_\" AS SELECT 1; \
        CREATE INDEX \"i\"\"\n\\\" ON \"a\"\"b\n\\ü😀\" (\"[y]\")";
    let connection = database(script).await;
    let (before, table) = (schema(&connection).await, "a\"b\n\\ü😀");
    change(&connection, table, |table| table.add_unique("u1", ["x\"\n\\"])).await.unwrap();
    change(&connection, table, |table| table.drop_unique("u1")).await.unwrap();
    assert_eq!(schema(&connection).await, before);
    assert_eq!(value(&connection, "SELECT \"[y]\" FROM \"a\"\"b\n\\ü😀\"").await, "y");
}
