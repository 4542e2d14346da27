//! A change that cannot keep everything is refused, the error names the object, and nothing is changed.

use sea_orm::sea_query::{ColumnDef, ColumnType, ForeignKey};

use super::{Alter, change, check_left_clean, database, schema};

/// Runs a change that must fail, and returns the message.
async fn refusal(
    script: &str,
    table: &'static str,
    changes: impl for<'m, 'c> FnOnce(Alter<'m, 'c>) -> Alter<'m, 'c>,
) -> String {
    let connection = database(script).await;
    let before = schema(&connection).await;
    let error = change(&connection, table, changes).await.unwrap_err();
    assert_eq!(schema(&connection).await, before);
    check_left_clean(&connection).await;
    error.to_string()
}

#[tokio::test]
async fn a_column_in_use() {
    let script = "CREATE TABLE t (id integer PRIMARY KEY, a UNIQUE, b AS (a + 1), c CHECK (c <> a), CHECK (a > 0), \
                  CONSTRAINT n UNIQUE (a, c), CONSTRAINT f FOREIGN KEY (a) REFERENCES t (id)); CREATE INDEX i ON t (lower(\"A\")); \
                  CREATE INDEX a ON t (id); CREATE INDEX w ON t (id) WHERE a IS NULL; CREATE TABLE child (x REFERENCES t (a)); \
                  CREATE VIEW v AS SELECT a FROM t; CREATE VIEW unrelated AS SELECT x AS a FROM child; \
                  CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM child WHERE x = new.a; END; \
                  CREATE TRIGGER s AFTER INSERT ON child BEGIN UPDATE t SET a = new.x; END";
    let dropped = |column| refusal(script, "t", move |t| t.drop_column(column));
    insta::assert_snapshot!(dropped("a").await, @"column `a` of table `t` is used by an unnamed check, unique constraint `n`, foreign key `f`, column `b`, column `c`, index `i`, index `w`, trigger `r`, view `v`, trigger `s`, a foreign key of table `child`; drop these first, and create them again without it");
    insta::assert_snapshot!(dropped("id").await, @"column `id` of table `t` is used by the primary key, foreign key `f`, index `a`, index `w`; drop these first, and create them again without it");
}

#[tokio::test]
async fn what_is_not_there() {
    let script =
        "CREATE TABLE t (a, b CHECK (b > 0)); CREATE VIEW v AS SELECT 1 AS a; CREATE VIRTUAL TABLE f USING fts5 (a)";
    insta::assert_snapshot!(refusal(script, "missing", |t| t.drop_column("a")).await, @"no table `missing`");
    insta::assert_snapshot!(refusal(script, "v", |t| t.drop_column("a")).await, @"`v` is a view, and only ordinary tables can be altered");
    insta::assert_snapshot!(refusal(script, "f", |t| t.drop_column("a")).await, @"`f` is a virtual table, and only ordinary tables can be altered");
    insta::assert_snapshot!(refusal(script, "f_data", |t| t.drop_column("block")).await, @"`f_data` is a shadow table, and only ordinary tables can be altered");
    insta::assert_snapshot!(refusal(script, "t", |t| t.drop_column("x")).await, @"table `t` has no column `x` (it has `a`, `b`)");
    insta::assert_snapshot!(refusal(script, "t", |t| t.rename_column("x", "y")).await, @"table `t` has no column `x` (it has `a`, `b`)");
    insta::assert_snapshot!(refusal(script, "t", |t| t.drop_check("c")).await, @"table `t` has no check `c` (it has an unnamed one on `b`)");
    insta::assert_snapshot!(refusal(script, "t", |t| t.drop_unique("c")).await, @"table `t` has no unique constraint `c` (it has none)");
    insta::assert_snapshot!(refusal(script, "t", |t| t.add_unique("c", ["a", "x"])).await, @"table `t` has no column `x` (it has `a`, `b`)");
}

#[tokio::test]
async fn what_is_there_already() {
    let script = "CREATE TABLE t (a, b CONSTRAINT c CHECK (b > 0))";
    insta::assert_snapshot!(refusal(script, "t", |t| t.add_column(ColumnDef::new("A").text())).await, @"table `t` has a column `A` already");
    insta::assert_snapshot!(refusal(script, "t", |t| t.add_unique("C", ["a"])).await, @"table `t` has a constraint `C` already");
}

#[tokio::test]
async fn foreign_keys_that_say_too_little() {
    let script = "CREATE TABLE t (a)";
    let unnamed = || ForeignKey::create().from("t", "a").to("u", "id").take();
    let elsewhere = || ForeignKey::create().name("f").from("s", "a").to("u", "id").take();
    let nowhere = || ForeignKey::create().name("f").from_col("a").take();
    insta::assert_snapshot!(refusal(script, "t", |t| t.add_foreign_key(unnamed())).await, @"the foreign key on `a` of table `t` needs a name, so that it can be dropped");
    insta::assert_snapshot!(refusal(script, "t", |t| t.add_foreign_key(elsewhere())).await, @"foreign key `f` belongs to table `s`, not to `t`");
    insta::assert_snapshot!(refusal(script, "t", |t| t.add_foreign_key(nowhere())).await, @"foreign key `f` of table `t` does not name the table and columns that it refers to");
}

#[tokio::test]
async fn types_that_sqlite_does_not_have() {
    let column = || ColumnDef::new_with_type("x", ColumnType::Inet);
    insta::assert_snapshot!(refusal("CREATE TABLE t (a)", "t", |t| t.add_column(column())).await, @"column `x` of table `t`: SQLite has no type Inet");
}

#[tokio::test]
async fn what_would_break_another_object() {
    let ambiguous = "CREATE TABLE t (a); CREATE TABLE s (b); CREATE VIEW v AS SELECT b FROM t, s";
    let column = || ColumnDef::new("b").integer().unique_key().take();
    insta::assert_snapshot!(refusal(ambiguous, "t", |t| t.add_column(column())).await, @"altering table `t` would break an object of the schema: error in view v: ambiguous column name: b; drop it first, and create it again afterwards");
    let temporary = "CREATE TABLE t (a); CREATE TABLE s (b); CREATE TEMP VIEW v AS SELECT b FROM t, s";
    insta::assert_snapshot!(refusal(temporary, "t", |t| t.add_column(column())).await, @"altering table `t` would break an object of the schema: error in view v: ambiguous column name: b; drop it first, and create it again afterwards");
    let parent =
        "CREATE TABLE t (a, CONSTRAINT u UNIQUE (a)); CREATE TABLE c (x REFERENCES t (a)); INSERT INTO c VALUES (NULL)";
    insta::assert_snapshot!(refusal(parent, "t", |t| t.drop_unique("u")).await, @r#"table `t` cannot be altered: foreign key mismatch - "c" referencing "t"; correct this first"#);
}

#[tokio::test]
async fn temporary_objects_and_other_databases() {
    let trigger = "CREATE TABLE t (a); CREATE TEMP TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END";
    insta::assert_snapshot!(refusal(trigger, "t", |t| t.add_unique("u", ["a"])).await, @"table `t` cannot be rebuilt while the temporary trigger `r` exists; drop it first");
    let hidden = "CREATE TABLE t (a); CREATE TEMP TABLE t (a)";
    insta::assert_snapshot!(refusal(hidden, "t", |t| t.add_unique("u", ["a"])).await, @"table `t` cannot be rebuilt while the temporary table `t` exists; drop it first");
}

#[tokio::test]
async fn a_check_that_names_its_own_table() {
    insta::assert_snapshot!(refusal("CREATE TABLE t (a CHECK (t.a > 0))", "t", |t| t.add_unique("u", ["a"])).await, @"the definition of table `t` cannot be edited: it qualifies its own columns with `t.`");
}
