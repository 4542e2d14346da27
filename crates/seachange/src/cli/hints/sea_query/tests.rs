//! The tests provoke the panics of sea-query, so that they fail if a new version has other texts.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sea_orm_migration::prelude::*;

use super::hint;

/// The text of the panic of `code`.
fn panic_of<T>(code: impl FnOnce() -> T) -> String {
    let payload = catch_unwind(AssertUnwindSafe(code)).err();
    let text = |payload: Box<dyn Any + Send>| match payload.downcast::<&'static str>() {
        Ok(text) => (*text).to_owned(),
        Err(payload) => payload.downcast::<String>().map_or_else(|_| String::new(), |text| *text),
    };
    payload.map_or_else(|| "no panic".to_owned(), text)
}

fn alter() -> TableAlterStatement {
    Table::alter().table("books").take()
}

fn key() -> ForeignKeyCreateStatement {
    ForeignKey::create().name("fk").from("books", "author_id").to("authors", "id").take()
}

/// The hints for all operations that sea-query does not support for SQLite, each after its operation.
fn hints() -> Vec<(&'static str, String)> {
    let sqlite = || SqliteQueryBuilder;
    let title = || ColumnDef::new("title").string().take();
    vec![
        ("create_foreign_key", panic_of(|| key().to_string(sqlite()))),
        ("drop_foreign_key", panic_of(|| ForeignKey::drop().name("fk").table("books").to_string(sqlite()))),
        ("alter.add_foreign_key", panic_of(|| alter().add_foreign_key(key().get_foreign_key()).to_string(sqlite()))),
        ("alter.drop_foreign_key", panic_of(|| alter().drop_foreign_key("fk").to_string(sqlite()))),
        ("alter.drop_constraint", panic_of(|| alter().drop_constraint("u").to_string(sqlite()))),
        ("alter.modify_column", panic_of(|| alter().modify_column(title()).to_string(sqlite()))),
        ("several changes", panic_of(|| alter().add_column(title()).drop_column("isbn").to_string(sqlite()))),
        ("no change", panic_of(|| alter().to_string(sqlite()))),
        ("truncate_table", panic_of(|| Table::truncate().table("books").take().to_string(sqlite()))),
    ]
}

#[test]
fn operations_that_sqlite_does_not_have() {
    let told = |(operation, panic): (&str, String)| {
        format!("{operation}: {}", hint(&panic, None).unwrap_or_else(|| format!("nothing about `{panic}`")))
    };
    let told: Vec<_> = hints().into_iter().map(told).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    create_foreign_key: SQLite needs the table rebuilt for this: write `alter(manager, "TABLE").add_foreign_key(KEY).apply().await?`, or `.drop_foreign_key("NAME")`, which work on every database
    drop_foreign_key: SQLite needs the table rebuilt for this: write `alter(manager, "TABLE").add_foreign_key(KEY).apply().await?`, or `.drop_foreign_key("NAME")`, which work on every database
    alter.add_foreign_key: SQLite needs the table rebuilt for this: write `alter(manager, "TABLE").add_foreign_key(KEY).apply().await?`, or `.drop_foreign_key("NAME")`, which work on every database
    alter.drop_foreign_key: SQLite needs the table rebuilt for this: write `alter(manager, "TABLE").add_foreign_key(KEY).apply().await?`, or `.drop_foreign_key("NAME")`, which work on every database
    alter.drop_constraint: SQLite needs the table rebuilt for this: write `alter(manager, "TABLE").drop_unique("NAME").apply().await?`, or `.drop_check`, `.drop_foreign_key`, `.drop_primary_key`, which work on every database
    alter.modify_column: SQLite needs the table rebuilt for this: write `alter(manager, "TABLE").modify_column(COLUMN).apply().await?`, which works on every database
    several changes: SQLite makes one change a statement: write `alter(manager, "TABLE").add_column(COLUMN).drop_column("NAME").apply().await?`, which makes several on every database
    no change: the `Table::alter()` says no change: add one, such as `.add_column(COLUMN)`, or leave the statement out
    truncate_table: SQLite has no TRUNCATE: write `manager.execute(Query::delete().from_table("TABLE").take()).await?`
    "#);
}

#[test]
fn types_that_sqlite_does_not_have() {
    let types = [
        ColumnType::Interval(None, None),
        ColumnType::Array(ColumnType::Text.into()),
        ColumnType::Vector(None),
        ColumnType::Cidr,
        ColumnType::Inet,
        ColumnType::MacAddr,
        ColumnType::Year,
        ColumnType::Bit(None),
        ColumnType::VarBit(3),
        ColumnType::LTree,
    ];
    let told = types.map(|column_type| {
        let table = || Table::create().table("t").col(ColumnDef::new_with_type("c", column_type)).take();
        let panic = panic_of(|| table().to_string(SqliteQueryBuilder));
        hint(&panic, None).unwrap_or_else(|| format!("nothing about `{panic}`"))
    });
    insta::assert_snapshot!(told.join("\n"), @r#"
    SQLite has no type `Interval`: `big_integer(COLUMN)` holds a number of seconds on every database, or choose by `manager.get_database_backend()`
    SQLite has no type `Array`: `json(COLUMN)` holds a list on every database, or choose by `manager.get_database_backend()`
    SQLite has no type `Vector`: `json(COLUMN)` holds a list on every database, or choose by `manager.get_database_backend()`
    SQLite has no type `Cidr`: `string(COLUMN)` holds its text on every database, or choose by `manager.get_database_backend()`
    SQLite has no type `Inet`: `string(COLUMN)` holds its text on every database, or choose by `manager.get_database_backend()`
    SQLite has no type `MacAddr`: `string(COLUMN)` holds its text on every database, or choose by `manager.get_database_backend()`
    SQLite has no type `Year`: `small_integer(COLUMN)` holds a year on every database, or choose by `manager.get_database_backend()`
    SQLite has no type `Bit`: `binary_len(COLUMN, LENGTH)` holds bits on every database, or choose by `manager.get_database_backend()`
    SQLite has no type `VarBit`: `binary_len(COLUMN, LENGTH)` holds bits on every database, or choose by `manager.get_database_backend()`
    SQLite has no type `LTree`: `string(COLUMN)` holds its text on every database, or choose by `manager.get_database_backend()`
    "#);
}

#[test]
fn comparisons_with_queries_that_sqlite_does_not_have() {
    let query = || Query::select().expr(1).take();
    for operator in [Expr::any as fn(SelectStatement) -> Expr, Expr::some, Expr::all] {
        let select = || Query::select().expr(Expr::col("a").eq(operator(query()))).take().to_string(SqliteQueryBuilder);
        let panic = panic_of(select);
        assert!(hint(&panic, None).is_some(), "nothing about `{panic}`");
    }
}

#[test]
fn panics_that_say_only_where_they_are() {
    let check = |place: &str, expected: Option<&str>| {
        for panic in ["Not supported", "not implemented"] {
            let location = format!("/home/ann/.cargo/registry/src/index/{place}:12:9");
            let told = hint(panic, Some(&location));
            assert_eq!(told.is_some(), expected.is_some(), "{place}: {told:?}");
            assert!(told.unwrap_or_default().contains(expected.unwrap_or_default()), "{place}");
        }
    };
    check("sea-query-1.0.2/src/backend/sqlite/index.rs", Some("an index on SQLite"));
    check("sea-query-1.0.2\\src\\backend\\sqlite\\index.rs", Some("an index on SQLite"));
    check("sea-query-1.0.2/src/backend/index_builder.rs", Some("CREATE INDEX"));
    check("sea-query-1.0.2/src/backend/sqlite/foreign_key.rs", Some("without an alias"));
    check("sea-query-1.0.2/src/backend/query_builder.rs", Some("Expr::cust"));
    check("sea-orm-2.0.4/src/database/statement.rs", Some("names PostgreSQL"));
    check("migration/src/versions/m1_index.rs", None);
    assert_eq!(hint("Not supported", None), None);
}

#[test]
fn other_panics_get_no_hint() {
    for panic in ["", "no two books are alike", "My shelf is not available in Sqlite.", "not implemented"] {
        assert_eq!(hint(panic, Some("migration/src/versions/m1_index.rs:3:1")), None, "{panic}");
    }
}
