//! Primary keys, defaults, comments, and foreign keys that are checked late.

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{ColumnDef, Expr, ForeignKey};
use sea_orm_migration::schema;

use super::{Alter, change, check_left_clean, database, table, value};
use crate::alter::{AlterError, NewForeignKey};
use crate::schema::Deferrable;

/// Makes a change, and returns the text of the table `t`.
async fn changed(script: &str, changes: impl for<'m, 'c> FnOnce(Alter<'m, 'c>) -> Alter<'m, 'c>) -> String {
    let connection = database(script).await;
    change(&connection, "t", changes).await.unwrap();
    check_left_clean(&connection).await;
    table(&connection, "t").await
}

#[tokio::test]
async fn a_default_goes() {
    let script = "CREATE TABLE t (a int NOT NULL DEFAULT (1 + 2) CHECK (a > 0), b text CONSTRAINT d DEFAULT 'x', c)";
    insta::assert_snapshot!(changed(script, |t| t.drop_default("a").drop_default("b")).await, @"CREATE TABLE t (a int NOT NULL CHECK (a > 0), b text, c)");
    assert!(script.starts_with(&changed(script, |t| t.drop_default("c")).await));
}

#[tokio::test]
async fn a_default_that_is_not_there_needs_no_rebuild() {
    let connection = database("CREATE TABLE t (a CHECK (t.a > 0))").await;
    change(&connection, "t", |t| t.drop_default("A").comment("x").column_comment("a", "y")).await.unwrap();
    let error = change(&connection, "t", |t| t.column_comment("b", "y")).await.unwrap_err();
    insta::assert_snapshot!(error, @"table `t` has no column `b` (it has `a`)");
}

#[tokio::test]
async fn a_primary_key_comes_and_goes() {
    let connection = database("CREATE TABLE t (a int, b text NOT NULL); INSERT INTO t VALUES (1, 'x'), (1, 'y')").await;
    change(&connection, "t", |t| t.add_primary_key("t_pkey", ["a", "b"])).await.unwrap();
    insta::assert_snapshot!(table(&connection, "t").await, @r#"CREATE TABLE t (a int NOT NULL, b text NOT NULL, CONSTRAINT "t_pkey" PRIMARY KEY ("a", "b"))"#);
    connection.execute_unprepared("INSERT INTO t VALUES (1, 'x')").await.unwrap_err();
    change(&connection, "t", |t| t.drop_primary_key("t_pkey")).await.unwrap();
    insta::assert_snapshot!(table(&connection, "t").await, @"CREATE TABLE t (a int NOT NULL, b text NOT NULL)");
    assert_eq!(value(&connection, "SELECT group_concat(a || b) FROM t").await, "1x,1y");
    check_left_clean(&connection).await;
}

#[tokio::test]
async fn a_key_that_is_the_row_number_comes_and_goes() {
    let script = "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a); INSERT INTO t VALUES (7, 'x'), (9, 'y')";
    let connection = database(script).await;
    change(&connection, "t", |t| t.drop_primary_key("any")).await.unwrap();
    insta::assert_snapshot!(table(&connection, "t").await, @"CREATE TABLE t (id INTEGER NOT NULL, a)");
    assert_eq!(value(&connection, "SELECT group_concat(id || a) FROM t").await, "7x,9y");
    assert_eq!(value(&connection, "SELECT count(*) || '' FROM sqlite_sequence").await, "0");
    change(&connection, "t", |t| t.add_primary_key("t_pkey", ["id"])).await.unwrap();
    connection.execute_unprepared("INSERT INTO t (a) VALUES ('z')").await.unwrap();
    assert_eq!(value(&connection, "SELECT group_concat(rowid || a) FROM t").await, "7x,9y,10z");
    change(&connection, "t", |t| t.modify_column(schema::pk_auto("id"))).await.unwrap();
    insta::assert_snapshot!(table(&connection, "t").await, @r#"CREATE TABLE t (id integer NOT NULL CONSTRAINT "t_pkey" PRIMARY KEY AUTOINCREMENT, a)"#);
    assert_eq!(value(&connection, "SELECT name || seq FROM sqlite_sequence").await, "t10");
    change(&connection, "t", |t| t.modify_column(ColumnDef::new("id").integer().primary_key())).await.unwrap();
    insta::assert_snapshot!(table(&connection, "t").await, @r#"CREATE TABLE t (id integer NOT NULL CONSTRAINT "t_pkey" PRIMARY KEY, a)"#);
    change(&connection, "t", |t| t.drop_primary_key("t_pkey").add_primary_key("k", ["a"])).await.unwrap();
    insta::assert_snapshot!(table(&connection, "t").await, @r#"CREATE TABLE t (id integer NOT NULL, a NOT NULL, CONSTRAINT "k" PRIMARY KEY ("a"))"#);
    assert_eq!(value(&connection, "SELECT group_concat(id || a) FROM t").await, "7x,9y,10z");
    check_left_clean(&connection).await;
}

#[tokio::test]
async fn tables_without_row_numbers_get_another_key() {
    let script = "CREATE TABLE t (a text PRIMARY KEY, b integer) WITHOUT ROWID; INSERT INTO t VALUES ('x', 1)";
    insta::assert_snapshot!(changed(script, |t| t.drop_primary_key("t_pkey").add_primary_key("k", ["b"])).await, @r#"CREATE TABLE t (a text NOT NULL, b integer NOT NULL, CONSTRAINT "k" PRIMARY KEY ("b")) WITHOUT ROWID"#);
    let strict = "CREATE TABLE t (a text PRIMARY KEY, b integer) STRICT";
    insta::assert_snapshot!(changed(strict, |t| t.drop_primary_key("t_pkey")).await, @"CREATE TABLE t (a text NOT NULL, b integer) STRICT");
}

async fn refused(script: &str, changes: impl for<'m, 'c> FnOnce(Alter<'m, 'c>) -> Alter<'m, 'c>) -> AlterError {
    let connection = database(script).await;
    let before = super::schema(&connection).await;
    let error = change(&connection, "t", changes).await.unwrap_err();
    assert_eq!(super::schema(&connection).await, before);
    check_left_clean(&connection).await;
    error
}

#[tokio::test]
async fn keys_that_cannot_be() {
    let nulls = "CREATE TABLE t (a integer, b); INSERT INTO t VALUES (NULL, 1), (2, NULL)";
    insta::assert_snapshot!(refused(nulls, |t| t.add_primary_key("k", ["a"])).await, @"column `a` of table `t` cannot be in the primary key: 1 row has no value there");
    insta::assert_snapshot!(refused(nulls, |t| t.add_primary_key("k", ["c"])).await, @"table `t` has no column `c` (it has `a`, `b`)");
    let keyed = "CREATE TABLE t (a, b, PRIMARY KEY (b, a))";
    insta::assert_snapshot!(refused(keyed, |t| t.add_primary_key("k", ["a"])).await, @"table `t` has a primary key already, on `b`, `a`");
    insta::assert_snapshot!(refused("CREATE TABLE t (a)", |t| t.drop_primary_key("k")).await, @"table `t` has no primary key `k` (it has none)");
    let referred = "CREATE TABLE t (a text PRIMARY KEY); CREATE TABLE c (x REFERENCES t); INSERT INTO t VALUES ('x'); INSERT INTO c VALUES ('x')";
    insta::assert_snapshot!(refused(referred, |t| t.drop_primary_key("k")).await, @r#"table `t` cannot be altered: foreign key mismatch - "c" referencing "t"; correct this first"#);
}

#[tokio::test]
async fn a_column_is_not_turned_into_a_generated_one() {
    let generated = || ColumnDef::new("a").integer().generated(Expr::val(1), false).take();
    let script = "CREATE TABLE t (a int, b); INSERT INTO t VALUES (5, 6)";
    insta::assert_snapshot!(refused(script, |t| t.modify_column(generated())).await, @"column `a` of table `t`: it cannot become a generated column; drop it and add it again");
}

#[tokio::test]
async fn a_foreign_key_that_is_checked_late() {
    let key = || ForeignKey::create().name("fk").from("t", "a").to("p", "id").take();
    let late = || NewForeignKey::from(key()).deferrable(Deferrable::Deferred);
    let connection = database("CREATE TABLE p (id integer PRIMARY KEY); CREATE TABLE t (a int)").await;
    change(&connection, "t", |t| t.add_foreign_key(late())).await.unwrap();
    insta::assert_snapshot!(table(&connection, "t").await, @r#"CREATE TABLE t (a int, CONSTRAINT "fk" FOREIGN KEY ("a") REFERENCES "p" ("id") DEFERRABLE INITIALLY DEFERRED)"#);
    connection.execute_unprepared("BEGIN; INSERT INTO t VALUES (5); INSERT INTO p VALUES (5); COMMIT").await.unwrap();
    check_left_clean(&connection).await;
}
