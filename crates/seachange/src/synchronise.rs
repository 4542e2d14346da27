//! Synchronised columns: while two versions of a service run, triggers carry the writes of each to the columns of the
//! other.
//!
//! An old version writes the old columns of a table, a new version the new ones. Triggers compute the new columns from the
//! old ones where a statement writes only the old ones, and the other way round. So a column can be renamed, change its
//! type, be split or merged, without a time at which one of the versions fails:
//!
//! 1. A revision adds the new columns, which may be null, and synchronises them; a [backfill](crate::backfill) fills the
//!    rows that are not written.
//! 2. The new version of the service is deployed, beside the old one.
//! 3. When no old version runs, a revision drops the triggers and the old columns.
//!
//! ```
//! use seachange::prelude::sea_orm_migration::prelude::*;
//! use seachange::synchronise::{Synchronised, synchronise};
//!
//! fn full_name<'m, 'c>(manager: &'m SchemaManager<'c>) -> Synchronised<'m, 'c> {
//!     synchronise(manager, "users").pair("name", "full_name")
//! }
//!
//! async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
//!     full_name(manager).create().await?;
//!     // In a revision of its own, outside of a transaction:
//!     full_name(manager).backfill().run().await?;
//!     Ok(())
//! }
//!
//! async fn contract(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
//!     Ok(full_name(manager).drop().await?)
//! }
//! ```
//!
//! # New columns that follow
//!
//! Where both versions know a column by one name, a new column takes that name in the end, and until then only follows the
//! old one. On PostgreSQL a synchronisation without [`old`](Synchronised::old) columns computes the new ones at each write:
//!
//! ```
//! # use seachange::prelude::sea_orm_migration::prelude::*;
//! # use seachange::synchronise::synchronise;
//! # async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
//! synchronise(manager, "users").new_column("id_new", Expr::col("id").cast_as("bigint")).create().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Which columns a statement writes
//!
//! An `UPDATE` writes the columns whose values it changes, an `INSERT` those whose values differ from their defaults; so
//! a new column needs the default that the defaults of the old columns give it. A statement that writes both sides is taken to know both, and nothing is computed; so is a row whose new columns have
//! the values that the old ones give. Upserts and bulk loads are rows like others. On SQLite, `RETURNING` shows a row before
//! the triggers have changed it.

mod definition;
mod mysql;
mod postgres;
mod sqlite;

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, IntoIden, IntoTableRef, TableRef};
use sea_orm_migration::SchemaManager;

pub use crate::error::{CascadingKey, SynchroniseError};

use crate::backend;
use crate::backfill::{BackfillValues, backfill, expression, plain_name};
use crate::sql::SqlDialect;
#[cfg(feature = "cli")]
pub(crate) use definition::is_synchronising;
use definition::{SideColumn, Synchronisation};

/// Begins a synchronisation of columns of `table`, which may have a schema on PostgreSQL, and a database on MySQL.
pub fn synchronise<'m, 'c>(manager: &'m SchemaManager<'c>, table: impl IntoTableRef) -> Synchronised<'m, 'c> {
    Synchronised { manager, table: table.into_table_ref(), old: Vec::new(), new: Vec::new() }
}

/// Columns that are synchronised.
#[must_use = "nothing happens until `create`, `backfill` or `drop`"]
pub struct Synchronised<'m, 'c> {
    manager: &'m SchemaManager<'c>,
    table: TableRef,
    /// The old columns, each with its value from the new ones.
    old: Vec<(String, Expr)>,
    /// The new columns, each with its value from the old ones.
    new: Vec<(String, Expr)>,
}

impl<'m, 'c> Synchronised<'m, 'c> {
    /// An old column and a new one with the same values, as after a rename.
    pub fn pair(self, old: impl IntoIden, new: impl IntoIden) -> Self {
        let (old, new) = (old.into_iden(), new.into_iden());
        let (from_old, from_new) = (Expr::col(old.clone()), Expr::col(new.clone()));
        self.old(old, from_new).new_column(new, from_old)
    }

    /// An old column, and its value from the new ones. The expression may name every column of the table.
    pub fn old(mut self, column: impl IntoIden, value: impl Into<Expr>) -> Self {
        self.old.push((column.into_iden().to_string(), value.into()));
        self
    }

    /// A new column, and its value from the old ones.
    pub fn new_column(mut self, column: impl IntoIden, value: impl Into<Expr>) -> Self {
        self.new.push((column.into_iden().to_string(), value.into()));
        self
    }

    /// Creates the triggers. Rows that exist stay as they are until they are written, or a [`backfill`](Self::backfill)
    /// changes them.
    ///
    /// # Errors
    ///
    /// [`SynchroniseError`]: that of the database, or why the columns cannot be synchronised; nothing was changed.
    pub async fn create(self) -> Result<(), SynchroniseError> {
        let connection = self.manager.get_connection();
        let backend = backend::of(connection.get_database_backend())?;
        let synchronisation = self.definition()?;
        let statements = match backend.sql_dialect() {
            SqlDialect::Postgres => postgres::creation(connection, &synchronisation).await?,
            SqlDialect::MySql => mysql::creation(connection, backend, &synchronisation).await?,
            SqlDialect::Sqlite => sqlite::creation(connection, backend, &synchronisation).await?,
        };
        for statement in statements {
            connection.execute_unprepared(&statement).await?;
        }
        Ok(())
    }

    /// Drops the triggers; the columns and their values stay.
    ///
    /// # Errors
    ///
    /// [`SynchroniseError`]: that of the database, for instance that there are no such triggers.
    pub async fn drop(self) -> Result<(), SynchroniseError> {
        let connection = self.manager.get_connection();
        let dialect = SqlDialect::of(connection.get_database_backend());
        let synchronisation = self.definition()?;
        let statements = match dialect {
            SqlDialect::Postgres => postgres::removal(&synchronisation),
            SqlDialect::MySql => mysql::removal(&synchronisation),
            SqlDialect::Sqlite => sqlite::removal(&synchronisation),
        };
        for statement in statements {
            connection.execute_unprepared(&statement).await?;
        }
        Ok(())
    }

    /// A backfill that gives the new columns of each row their values. It needs a revision that runs outside of a
    /// transaction.
    pub fn backfill(self) -> BackfillValues<'m> {
        let begun = backfill(self.manager, self.table);
        let mut new = self.new.into_iter();
        let Some((column, value)) = new.next() else { return begun.nothing() };
        new.fold(begun.set(column, value), |values, (column, value)| values.set(column, value))
    }

    /// A backfill that gives the old columns of each row their values, for the downgrade that creates them again.
    /// It needs a revision that runs outside of a transaction.
    pub fn backfill_old(mut self) -> BackfillValues<'m> {
        std::mem::swap(&mut self.old, &mut self.new);
        self.backfill()
    }

    fn definition(&self) -> Result<Synchronisation, SynchroniseError> {
        let table = plain_name(&self.table).ok_or(SynchroniseError::NotATableName)?;
        let connection = self.manager.get_connection();
        let column = |(name, value): &(String, Expr)| {
            let value = expression(connection, value.clone())?;
            Ok::<_, SynchroniseError>(SideColumn { name: name.clone(), value })
        };
        let old = self.old.iter().map(column).collect::<Result<Vec<_>, _>>()?;
        let new = self.new.iter().map(column).collect::<Result<Vec<_>, _>>()?;
        let can_follow = SqlDialect::of(connection.get_database_backend()) == SqlDialect::Postgres;
        if new.is_empty() || old.is_empty() && !can_follow {
            return Err(SynchroniseError::OneSided { table: table.to_string() });
        }
        Ok(Synchronisation { table, old, new })
    }
}
