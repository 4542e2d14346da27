//! What the engine has to know of each database system. Nothing else asks which one it is talking to.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use async_trait::async_trait;
use sea_orm::sea_query::ColumnDef;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement, TransactionOptions};

/// A database system.
#[async_trait]
pub(crate) trait Backend: Send + Sync {
    /// Its name, for people.
    fn name(&self) -> &'static str;

    /// Whether a rolled back transaction undoes changes of tables.
    fn rolls_back_ddl(&self) -> bool;

    /// How the transaction round a revision begins.
    fn transaction_options(&self) -> TransactionOptions {
        TransactionOptions::default()
    }

    /// Gives a column the type for a moment in UTC, to the millisecond or better.
    fn moment<'c>(&self, column: &'c mut ColumnDef) -> &'c mut ColumnDef;

    /// Whether a query failed because the table it reads is not there.
    fn is_missing_table(&self, error: &DbErr) -> bool;

    /// Whether a query failed because a column it reads is not there.
    fn is_missing_column(&self, error: &DbErr) -> bool;

    /// Fails when nothing can be written, before a revision is blamed for it. A server lets every session write.
    async fn check_writable(&self, _connection: &DatabaseConnection) -> Result<(), DbErr> {
        Ok(())
    }

    /// Drops every table, view and type of the current schema, whoever made it.
    async fn drop_everything(&self, connection: &DatabaseConnection) -> Result<(), DbErr>;
}

/// The system behind a connection.
///
/// # Errors
///
/// [`DbErr::BackendNotSupported`] when the feature for it is not compiled in.
pub(crate) fn of(backend: DbBackend) -> Result<&'static dyn Backend, DbErr> {
    match backend {
        #[cfg(feature = "sqlite")]
        DbBackend::Sqlite => Ok(&sqlite::Sqlite),
        #[cfg(feature = "postgres")]
        DbBackend::Postgres => Ok(&postgres::Postgres),
        #[cfg(feature = "mysql")]
        DbBackend::MySql => Ok(&mysql::MySql),
        other => Err(DbErr::BackendNotSupported { db: other.as_str(), ctx: "seachange was built without it" }),
    }
}

/// Drops what a query lists, a `kind` and a `name` a row; `quote` is the mark round identifiers.
async fn drop_listed(connection: &impl ConnectionTrait, listing: &str, quote: char, suffix: &str) -> Result<(), DbErr> {
    let listing = Statement::from_string(connection.get_database_backend(), listing);
    for row in connection.query_all_raw(listing).await? {
        let kind: String = row.try_get("", "kind")?;
        let name: String = row.try_get("", "name")?;
        let name = name.replace(quote, &format!("{quote}{quote}"));
        connection.execute_unprepared(&format!("DROP {kind} IF EXISTS {quote}{name}{quote}{suffix}")).await?;
    }
    Ok(())
}
