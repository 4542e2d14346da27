//! Every change alone, with the resulting text of the table, and its reverse.

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{ColumnDef, Expr, ExprTrait, ForeignKey, ForeignKeyAction, ForeignKeyCreateStatement, Table};
use sea_orm_migration::schema;

use super::{change, check_left_clean, database, table, value};

const POSTS: &str = "\
CREATE TABLE users (id integer PRIMARY KEY);
CREATE TABLE posts (
    id integer PRIMARY KEY AUTOINCREMENT, -- the key
    title text NOT NULL COLLATE NOCASE,
    owner_id integer
);
INSERT INTO users VALUES (1);
INSERT INTO posts VALUES (1, 'one', 1), (3, 'three', NULL);";

fn owner() -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name("fk_posts_owner")
        .from("posts", "owner_id")
        .to("users", "id")
        .on_delete(ForeignKeyAction::Cascade)
        .take()
}

#[tokio::test]
async fn a_foreign_key_comes_and_goes() {
    let connection = database(POSTS).await;
    let before = table(&connection, "posts").await;
    change(&connection, "posts", |posts| posts.add_foreign_key(owner())).await.unwrap();
    insta::assert_snapshot!(table(&connection, "posts").await, @r#"
    CREATE TABLE posts (
        id integer PRIMARY KEY AUTOINCREMENT, -- the key
        title text NOT NULL COLLATE NOCASE,
        owner_id integer,
        CONSTRAINT "fk_posts_owner" FOREIGN KEY ("owner_id") REFERENCES "users" ("id") ON DELETE CASCADE
    )
    "#);
    change(&connection, "posts", |posts| posts.drop_foreign_key("fk_posts_owner")).await.unwrap();
    assert_eq!(table(&connection, "posts").await, before);
    assert_eq!(value(&connection, "SELECT group_concat(id || title) FROM posts").await, "1one,3three");
    check_left_clean(&connection).await;
}

#[tokio::test]
async fn a_column_with_its_foreign_key_comes_and_goes_in_a_table_of_sea_query() {
    let connection = database("CREATE TABLE users (id integer PRIMARY KEY)").await;
    let create = Table::create().table("posts").col(schema::pk_auto("id")).col(schema::string("title")).take();
    connection.execute(&create).await.unwrap();
    let before = table(&connection, "posts").await;
    change(&connection, "posts", |posts| posts.add_column(schema::integer("owner_id")).add_foreign_key(owner()))
        .await
        .unwrap();
    insta::assert_snapshot!(table(&connection, "posts").await, @r#"CREATE TABLE "posts" ( "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "title" varchar NOT NULL, "owner_id" integer NOT NULL, CONSTRAINT "fk_posts_owner" FOREIGN KEY ("owner_id") REFERENCES "users" ("id") ON DELETE CASCADE )"#);
    change(&connection, "posts", |posts| posts.drop_foreign_key("fk_posts_owner").drop_column("owner_id"))
        .await
        .unwrap();
    assert_eq!(table(&connection, "posts").await, before);
    check_left_clean(&connection).await;
}

#[tokio::test]
async fn an_unnamed_foreign_key_is_found_by_its_statement() {
    let connection = database("CREATE TABLE users (id integer PRIMARY KEY)").await;
    let create = Table::create()
        .table("posts")
        .col(schema::pk_auto("id"))
        .col(schema::integer("owner_id"))
        .foreign_key(&mut owner())
        .take();
    connection.execute(&create).await.unwrap();
    let error = change(&connection, "posts", |posts| posts.drop_foreign_key("fk_posts_owner")).await.unwrap_err();
    insta::assert_snapshot!(error, @"table `posts` has no foreign key `fk_posts_owner` (it has an unnamed one on `owner_id` to `users`)");
    change(&connection, "posts", |posts| posts.drop_foreign_key(owner())).await.unwrap();
    insta::assert_snapshot!(table(&connection, "posts").await, @r#"CREATE TABLE "posts" ( "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "owner_id" integer NOT NULL )"#);
}

#[tokio::test]
async fn columns_are_added() {
    let connection = database(POSTS).await;
    let plain = || ColumnDef::new("plain").text().take();
    let filled = || ColumnDef::new("filled").integer().not_null().default(7).take();
    let stamped = || ColumnDef::new("stamped").timestamp().not_null().default(Expr::current_timestamp()).take();
    change(&connection, "posts", |posts| posts.add_column(plain()).add_column(filled())).await.unwrap();
    change(&connection, "posts", |posts| posts.add_column(stamped())).await.unwrap();
    insta::assert_snapshot!(table(&connection, "posts").await, @r#"
    CREATE TABLE posts (
        id integer PRIMARY KEY AUTOINCREMENT, -- the key
        title text NOT NULL COLLATE NOCASE,
        owner_id integer
    , "plain" text, "filled" integer NOT NULL DEFAULT 7, "stamped" timestamp_text NOT NULL DEFAULT CURRENT_TIMESTAMP)
    "#);
    assert_eq!(value(&connection, "SELECT sum(filled) || count(stamped) FROM posts").await, "142");
    check_left_clean(&connection).await;
}

#[tokio::test]
async fn columns_are_dropped() {
    let connection = database(POSTS).await;
    change(&connection, "posts", |posts| posts.drop_column("title")).await.unwrap();
    insta::assert_snapshot!(table(&connection, "posts").await, @"
    CREATE TABLE posts (
        id integer PRIMARY KEY AUTOINCREMENT, -- the key
        owner_id integer
    )
    ");
    let connection = database("CREATE TABLE t (a integer, b text UNIQUE, c integer CHECK (c > 0))").await;
    change(&connection, "t", |t| t.drop_column("b")).await.unwrap();
    insta::assert_snapshot!(table(&connection, "t").await, @"CREATE TABLE t (a integer, c integer CHECK (c > 0))");
}

#[tokio::test]
async fn columns_are_renamed_everywhere() {
    let connection = database(
        "CREATE TABLE t (a integer, b text CHECK (a <> b)); CREATE INDEX i ON t (b) WHERE b > ''; \
         CREATE VIEW v AS SELECT b FROM t;",
    )
    .await;
    change(&connection, "t", |t| t.rename_column("b", "c").add_unique("u", ["c"]).rename_column("c", "d"))
        .await
        .unwrap();
    insta::assert_snapshot!(super::schema(&connection).await, @r#"
    CREATE TABLE t (a integer, "d" text CHECK (a <> "d"), CONSTRAINT "u" UNIQUE ("d"))
    CREATE INDEX i ON t ("d") WHERE "d" > ''
    CREATE VIEW v AS SELECT "d" FROM t
    "#);
    check_left_clean(&connection).await;
}

#[tokio::test]
async fn a_modified_column_keeps_what_is_not_said() {
    let connection = database(
        "CREATE TABLE t (id integer PRIMARY KEY, a varchar(10) COLLATE NOCASE CONSTRAINT n NOT NULL DEFAULT 'x' UNIQUE)",
    )
    .await;
    change(&connection, "t", |t| t.modify_column(ColumnDef::new("a").string_len(20).null())).await.unwrap();
    insta::assert_snapshot!(table(&connection, "t").await, @"CREATE TABLE t (id integer PRIMARY KEY, a varchar(20) COLLATE NOCASE DEFAULT 'x' UNIQUE)");
    change(&connection, "t", |t| t.modify_column(ColumnDef::new("a").text().not_null().default("y"))).await.unwrap();
    insta::assert_snapshot!(table(&connection, "t").await, @"CREATE TABLE t (id integer PRIMARY KEY, a text NOT NULL COLLATE NOCASE DEFAULT 'y' UNIQUE)");
}

#[tokio::test]
async fn unique_constraints_and_checks_come_and_go() {
    let connection = database(POSTS).await;
    let before = table(&connection, "posts").await;
    let positive = || Expr::col("id").gt(0);
    change(&connection, "posts", |posts| posts.add_unique("u", ["title", "owner_id"]).add_check("c", positive()))
        .await
        .unwrap();
    insta::assert_snapshot!(table(&connection, "posts").await, @r#"
    CREATE TABLE posts (
        id integer PRIMARY KEY AUTOINCREMENT, -- the key
        title text NOT NULL COLLATE NOCASE,
        owner_id integer,
        CONSTRAINT "u" UNIQUE ("title", "owner_id"),
        CONSTRAINT "c" CHECK ("id" > 0)
    )
    "#);
    change(&connection, "posts", |posts| posts.drop_check("c").drop_unique("u")).await.unwrap();
    assert_eq!(table(&connection, "posts").await, before);
}

#[tokio::test]
async fn texts_in_checks_and_defaults_are_escaped() {
    let connection = database("CREATE TABLE t (a)").await;
    let text = "it's \\ \" -- (";
    let column = || ColumnDef::new("b'\"").text().not_null().default(text).unique_key().take();
    change(&connection, "t", |t| t.add_check("c\"'", Expr::col("a").ne(text)).add_column(column())).await.unwrap();
    insta::assert_snapshot!(table(&connection, "t").await, @r#"CREATE TABLE t (a, "b'""" text NOT NULL DEFAULT 'it''s \ " -- (' UNIQUE, CONSTRAINT "c""'" CHECK ("a" <> 'it''s \ " -- ('))"#);
    connection.execute_unprepared("INSERT INTO t (a) VALUES (1)").await.unwrap();
    assert_eq!(value(&connection, "SELECT \"b'\"\"\" FROM t").await, text);
    change(&connection, "t", |t| t.drop_check("c\"'").drop_column("b'\"")).await.unwrap();
    assert_eq!(table(&connection, "t").await, "CREATE TABLE t (a)");
}

#[tokio::test]
async fn a_key_of_a_column_is_dropped_by_its_name() {
    let connection = database(
        "CREATE TABLE u (id integer PRIMARY KEY); \
         CREATE TABLE t (a int CONSTRAINT f REFERENCES u ON DELETE SET NULL NOT NULL, b int CONSTRAINT c CHECK (b > 0) UNIQUE)",
    )
    .await;
    change(&connection, "t", |t| t.drop_foreign_key("f").drop_check("C")).await.unwrap();
    insta::assert_snapshot!(table(&connection, "t").await, @"CREATE TABLE t (a int NOT NULL, b int UNIQUE)");
}

#[tokio::test]
async fn no_changes_are_no_error() {
    let connection = database("CREATE TABLE t (a)").await;
    change(&connection, "t", |t| t).await.unwrap();
}
