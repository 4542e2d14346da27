//! No row is lost.

use sea_orm::sea_query::{ColumnDef, Expr, ExprTrait, ForeignKey, ForeignKeyAction};

use super::super::super::foreign_key_violations;
use super::{change, check_left_clean, column, database, schema, table, value};

const FAMILY: &str = "\
    CREATE TABLE users (id integer PRIMARY KEY, email text UNIQUE, name text); \
    CREATE TABLE posts (id integer PRIMARY KEY, owner_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE); \
    INSERT INTO users VALUES (1, 'a@example.org', 'Ann'), (2, 'b@example.org', NULL); \
    INSERT INTO posts VALUES (10, 1), (11, 1), (12, 2);";

#[tokio::test]
async fn a_rebuilt_parent_keeps_the_children_that_cascade() {
    let connection = database(FAMILY).await;
    change(&connection, "users", |users| users.add_unique("users_name", ["name"])).await.unwrap();
    let children = "SELECT id || '-' || owner_id FROM posts ORDER BY id";
    assert_eq!(column(&connection, children).await, ["10-1", "11-1", "12-2"]);
    assert_eq!(
        value(&connection, "SELECT group_concat(id || email) FROM users").await,
        "1a@example.org,2b@example.org"
    );
    assert!(table(&connection, "posts").await.contains("REFERENCES users (id)"));
    check_left_clean(&connection).await;
}

#[tokio::test]
async fn the_foreign_key_still_cascades_afterwards() {
    use sea_orm::ConnectionTrait;
    let connection = database(FAMILY).await;
    change(&connection, "users", |users| users.modify_column(ColumnDef::new("name").string())).await.unwrap();
    connection.execute_unprepared("DELETE FROM users WHERE id = 1").await.unwrap();
    assert_eq!(value(&connection, "SELECT group_concat(id) FROM posts").await, "12");
}

#[tokio::test]
async fn self_references_and_row_numbers_are_kept() {
    let connection = database(
        "CREATE TABLE nodes (name text PRIMARY KEY, parent text REFERENCES nodes ON DELETE CASCADE); \
         INSERT INTO nodes (rowid, name, parent) VALUES (7, 'root', NULL), (9, 'leaf', 'root');",
    )
    .await;
    change(&connection, "nodes", |nodes| nodes.add_unique("u", ["parent"])).await.unwrap();
    let rows = "SELECT rowid || name FROM nodes ORDER BY rowid";
    assert_eq!(column(&connection, rows).await, ["7root", "9leaf"]);
    assert!(table(&connection, "nodes").await.contains("REFERENCES nodes ON DELETE CASCADE"));
    check_left_clean(&connection).await;
}

#[tokio::test]
async fn rows_that_violate_a_new_foreign_key_are_reported_and_kept() {
    let connection = database(
        "CREATE TABLE users (id integer PRIMARY KEY); CREATE TABLE posts (id integer PRIMARY KEY, owner integer); \
         INSERT INTO posts VALUES (1, 5), (2, 5), (3, NULL);",
    )
    .await;
    let before = schema(&connection).await;
    let key = || ForeignKey::create().name("fk").from("posts", "owner").to("users", "id").take();
    let error = change(&connection, "posts", |posts| posts.add_foreign_key(key())).await.unwrap_err();
    insta::assert_snapshot!(error, @"table `posts` cannot be altered: 2 rows of `posts` refer in `owner` to rows that `users` does not have (first: rowid 1); correct this first");
    assert_eq!(schema(&connection).await, before);
    assert_eq!(value(&connection, "SELECT group_concat(id) FROM posts").await, "1,2,3");
    check_left_clean(&connection).await;
}

#[tokio::test]
async fn violations_that_were_there_before_do_not_stand_in_the_way() {
    let connection = database(
        "PRAGMA foreign_keys = OFF; CREATE TABLE users (id integer PRIMARY KEY); \
         CREATE TABLE posts (id integer PRIMARY KEY, owner integer REFERENCES users (id), n integer); \
         INSERT INTO posts VALUES (1, 5, 0); PRAGMA foreign_keys = ON;",
    )
    .await;
    change(&connection, "posts", |posts| posts.add_unique("n", ["n"])).await.unwrap();
    assert_eq!(value(&connection, "SELECT group_concat(owner) FROM posts").await, "5");
    check_left_clean(&connection).await;
}

#[tokio::test]
async fn a_new_column_without_a_value_is_refused_when_there_are_rows() {
    let connection = database(FAMILY).await;
    let column = || ColumnDef::new("age").integer().not_null().take();
    let error = change(&connection, "users", |users| users.add_column(column())).await.unwrap_err();
    insta::assert_snapshot!(error, @"column `age` cannot be added to table `users` as not null without a default: 2 rows would have no value");
    check_left_clean(&connection).await;
}

#[tokio::test]
async fn a_new_constraint_that_rows_violate_changes_nothing() {
    let connection =
        database("CREATE TABLE t (a integer UNIQUE ON CONFLICT REPLACE, b); INSERT INTO t VALUES (1, 1), (2, 1)").await;
    let error = change(&connection, "t", |t| t.add_unique("u", ["b"])).await.unwrap_err();
    insta::assert_snapshot!(error, @"Execution Error: error returned from database: (code: 2067) UNIQUE constraint failed: t.b");
    assert_eq!(value(&connection, "SELECT count(*) || '' FROM t").await, "2");
    check_left_clean(&connection).await;
}

#[tokio::test]
async fn with_foreign_keys_off_they_stay_off() {
    let connection = database(&format!("PRAGMA foreign_keys = OFF; {FAMILY}")).await;
    let key = || {
        ForeignKey::create()
            .name("fk")
            .from("users", "id")
            .to("posts", "id")
            .on_delete(ForeignKeyAction::Cascade)
            .take()
    };
    change(&connection, "users", |users| users.drop_column("email")).await.unwrap();
    let error = change(&connection, "users", |users| users.add_foreign_key(key())).await.unwrap_err();
    assert!(error.to_string().contains("2 rows of `users`"), "{error}");
    assert!(!super::foreign_keys_on(&connection).await.unwrap());
    assert_eq!(value(&connection, "SELECT count(*) || '' FROM posts").await, "3");
}

/// A statement counts the rows of 500 tables at most, and cannot check foreign keys where one of them is broken.
#[tokio::test]
async fn many_tables_refer_to_the_table_one_of_them_wrongly() {
    let children: String = (0..620)
        .map(|number| {
            format!("CREATE TABLE c{number} (owner integer REFERENCES users); INSERT INTO c{number} VALUES ({number});")
        })
        .collect();
    let connection = database(&format!(
        "PRAGMA foreign_keys = OFF; CREATE TABLE users (id integer PRIMARY KEY, name text); \
         WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 609) \
         INSERT INTO users SELECT n, 'x' || n FROM numbers; {children} \
         CREATE TABLE broken (x REFERENCES users (name)); INSERT INTO broken VALUES ('x1')"
    ))
    .await;
    let before = foreign_key_violations(&connection).await.unwrap();
    assert_eq!(before.len(), 11, "{before:?}");
    change(&connection, "users", |users| users.add_check("c", Expr::col("id").gte(0))).await.unwrap();
    assert_eq!(foreign_key_violations(&connection).await.unwrap(), before);
    assert_eq!(value(&connection, "SELECT count(*) || '' FROM users").await, "610");
    // The key that was broken can be checked now, and its row is counted.
    change(&connection, "users", |users| users.add_unique("u", ["name"])).await.unwrap();
    assert_eq!(foreign_key_violations(&connection).await.unwrap().len(), 10);
}
