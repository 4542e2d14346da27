//! Foreign keys cannot be switched off inside a transaction, which the alteration reports to the runner.

use sea_orm::sea_query::{ColumnDef, Expr, ExprTrait};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DbErr, TransactionTrait};
use sea_orm_migration::SchemaManager;

use super::super::super::{
    AlterError, alter, foreign_key_violations, foreign_keys_on, new_violations, rebuild_scope, set_foreign_keys,
};
use super::{database, schema, value};

const FAMILY: &str = "\
    CREATE TABLE users (id integer PRIMARY KEY, name text); \
    CREATE TABLE posts (id integer PRIMARY KEY, owner_id integer REFERENCES users (id) ON DELETE CASCADE); \
    INSERT INTO users VALUES (1, 'Ann'); INSERT INTO posts VALUES (10, 1);";

/// The body of a revision.
async fn revision(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let users = alter(manager, "users");
    users.add_column(sea_orm_migration::schema::text_null("about")).add_unique("name", ["name"]).apply().await?;
    Ok(())
}

#[tokio::test]
async fn the_runner_learns_of_the_need_and_runs_the_revision_again() {
    let connection = database(FAMILY).await;
    let before = schema(&connection).await;
    let transaction = connection.begin().await.unwrap();
    let (result, needed) = rebuild_scope::watch(revision(&SchemaManager::new(&transaction))).await;
    insta::assert_snapshot!(result.unwrap_err(), @"Migration Error: table `users` has to be rebuilt, which needs foreign keys off before the transaction begins: dropping the old table would delete the rows that refer to it. Apply the revision with seachange's runner, or let `use_transaction` return `Some(false)`");
    assert!(needed);
    transaction.rollback().await.unwrap();
    assert_eq!(schema(&connection).await, before);

    set_foreign_keys(&connection, false).await.unwrap();
    let transaction = connection.begin().await.unwrap();
    let violations = foreign_key_violations(&transaction).await.unwrap();
    let (result, needed) = rebuild_scope::watch(revision(&SchemaManager::new(&transaction))).await;
    result.unwrap();
    assert!(!needed);
    let after = foreign_key_violations(&transaction).await.unwrap();
    assert_eq!(new_violations(&violations, after), []);
    transaction.commit().await.unwrap();
    set_foreign_keys(&connection, true).await.unwrap();
    assert_eq!(value(&connection, "SELECT group_concat(id) FROM posts").await, "10");
}

#[tokio::test]
async fn sqlite_s_own_changes_need_no_second_run() {
    let connection = database(FAMILY).await;
    let transaction = connection.begin().await.unwrap();
    let manager = SchemaManager::new(&transaction);
    let change = alter(&manager, "users").add_column(sea_orm_migration::schema::text_null("about")).drop_column("name");
    let (result, needed) = rebuild_scope::watch(change.apply()).await;
    result.unwrap();
    assert!(!needed);
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn a_failure_in_a_transaction_leaves_what_was_done_before() {
    let connection = database(&format!("PRAGMA foreign_keys = OFF; {FAMILY}")).await;
    let transaction = connection.begin().await.unwrap();
    transaction.execute_unprepared("INSERT INTO users VALUES (2, 'Ann')").await.unwrap();
    revision(&SchemaManager::new(&transaction)).await.unwrap_err();
    transaction.commit().await.unwrap();
    assert_eq!(value(&connection, "SELECT group_concat(name) FROM users").await, "Ann,Ann");
    assert_eq!(value(&connection, "SELECT group_concat(name) FROM pragma_table_xinfo('users')").await, "id,name");
}

/// SQLite notices some errors after it has read the changed schema.
#[tokio::test]
async fn a_statement_that_fails_late_leaves_nothing_in_the_memory_of_the_connection() {
    let connection =
        database("CREATE TABLE t (a, b); CREATE VIEW v AS SELECT b FROM t; INSERT INTO t VALUES (1, 2)").await;
    let transaction = connection.begin().await.unwrap();
    let manager = SchemaManager::new(&transaction);
    let checked = ColumnDef::new("c").integer().check(Expr::col("c").is_not_null()).take();
    alter(&manager, "t").add_column(checked).apply().await.unwrap_err();
    transaction.execute_unprepared("ALTER TABLE t ADD COLUMN c INT").await.unwrap();
    alter(&manager, "t").drop_column("b").apply().await.unwrap_err();
    let error = transaction.execute_unprepared("ALTER TABLE t DROP COLUMN b").await.unwrap_err();
    assert!(error.to_string().contains("error in view v"), "{error}");
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn a_statement_that_fails_leaves_what_was_done_before() {
    let connection =
        database("CREATE TABLE t (a, b); CREATE VIEW v AS SELECT b FROM t; INSERT INTO t VALUES (1, 2)").await;
    let before = schema(&connection).await;
    let transaction = connection.begin().await.unwrap();
    transaction.execute_unprepared("INSERT INTO t VALUES (3, 4)").await.unwrap();
    let manager = SchemaManager::new(&transaction);
    alter(&manager, "t").add_column(sea_orm_migration::schema::text_null("A")).apply().await.unwrap_err();
    alter(&manager, "t").drop_column("b").apply().await.unwrap_err();
    alter(&manager, "t").rename_column("a", "B").apply().await.unwrap_err();
    transaction.execute_unprepared("INSERT INTO t VALUES (5, 6)").await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(schema(&connection).await, before);
    assert_eq!(value(&connection, "SELECT group_concat(a || b) FROM t").await, "12,34,56");
}

#[tokio::test]
async fn a_pool_of_several_connections_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", directory.path().join("pool.db").display());
    let mut options = ConnectOptions::new(url);
    options.max_connections(3).sqlx_logging(false);
    let connection = Database::connect(options).await.unwrap();
    connection.execute_unprepared(FAMILY).await.unwrap();
    let manager = SchemaManager::new(&connection);
    let error = alter(&manager, "users").add_unique("name", ["name"]).apply().await.unwrap_err();
    assert!(matches!(error, AlterError::SeveralConnections { .. }), "{error}");
    assert!(foreign_keys_on(&connection).await.unwrap());
    assert_eq!(value(&connection, "SELECT group_concat(id) FROM posts").await, "10");
}

#[tokio::test]
async fn violations_say_what_and_how_many() {
    let connection = database(
        "PRAGMA foreign_keys = OFF; CREATE TABLE p (a, b, PRIMARY KEY (a, b)); \
         CREATE TABLE c (x, y, FOREIGN KEY (x, y) REFERENCES p (a, b)); \
         CREATE TABLE broken (x REFERENCES p (b)); INSERT INTO c VALUES (1, 2), (3, 4), (1, NULL);",
    )
    .await;
    let violations = foreign_key_violations(&connection).await.unwrap();
    let texts: Vec<_> = violations.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(texts.join("\n"), @r#"
    foreign key mismatch - "broken" referencing "p"
    2 rows of `c` refer in `x`, `y` to rows that `p` does not have (first: rowid 1)
    "#);
    assert_eq!(new_violations(&violations, violations.clone()), []);
    assert_eq!(new_violations(&[], violations.clone()), violations);
}

#[tokio::test]
async fn the_future_can_be_awaited_in_a_migration() {
    fn require_send(_: impl Send) {}
    let connection = database(FAMILY).await;
    let manager = SchemaManager::new(&connection);
    require_send(revision(&manager));
}

#[tokio::test]
async fn a_transaction_begun_by_hand_is_noticed() {
    let connection = database(FAMILY).await;
    connection.execute_unprepared("BEGIN").await.unwrap();
    let (result, needed) = rebuild_scope::watch(revision(&SchemaManager::new(&connection))).await;
    assert!(needed && result.is_err());
    connection.execute_unprepared("ROLLBACK; PRAGMA foreign_keys = OFF; BEGIN").await.unwrap();
    revision(&SchemaManager::new(&connection)).await.unwrap();
    connection.execute_unprepared("COMMIT; PRAGMA foreign_keys = ON").await.unwrap();
    super::check_left_clean(&connection).await;
    assert_eq!(value(&connection, "SELECT group_concat(name) FROM pragma_table_xinfo('users')").await, "id,name,about");
}
