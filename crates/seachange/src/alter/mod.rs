//! Changes tables, with the same lines on every database.
//!
//! PostgreSQL, MySQL and MariaDB have an `ALTER TABLE` for every change. SQLite adds, renames and drops plain columns, and
//! for all else the table is rebuilt: a new one is created from the edited text of the old one, the rows are copied, and
//! the indexes and triggers are made again. Everything the table has is kept, or the change is refused, naming the
//! object that stands in the way; the rebuild fails, and undoes itself, when a row is missing afterwards, in the table or
//! in one that refers to it.
//!
//! ```no_run
//! use seachange::alter::alter;
//! use sea_orm_migration::prelude::*;
//! use sea_orm_migration::schema::integer;
//!
//! fn owner() -> ForeignKeyCreateStatement {
//!     ForeignKey::create()
//!         .name("fk_posts_owner")
//!         .from("posts", "owner_id")
//!         .to("users", "id")
//!         .on_delete(ForeignKeyAction::Cascade)
//!         .take()
//! }
//!
//! async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
//!     alter(manager, "posts")
//!         .add_column(integer("owner_id"))
//!         .add_foreign_key(owner())
//!         .apply()
//!         .await?;
//!     Ok(())
//! }
//!
//! async fn down(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
//!     alter(manager, "posts")
//!         .drop_foreign_key("fk_posts_owner")
//!         .drop_column("owner_id")
//!         .apply()
//!         .await?;
//!     Ok(())
//! }
//! ```

pub(crate) mod clause;
pub(crate) mod default_name;
mod error;
mod foreign_keys;
pub(crate) mod offline_scope;
pub(crate) mod operation;
pub(crate) mod rebuild_scope;
mod server;
mod sqlite;
mod values_not_kept;

use sea_orm::DbBackend;
use sea_orm::sea_query::{Expr, IntoColumnDef, IntoIden, IntoTableRef, TableRef};
use sea_orm_migration::SchemaManager;

pub use self::error::AlterError;
#[cfg(test)]
pub(crate) use self::foreign_keys::foreign_keys_on;
pub use self::foreign_keys::{ForeignKeyViolation, ViolationKind};
pub(crate) use self::foreign_keys::{foreign_key_violations, new_violations, set_foreign_keys};
pub use self::operation::{ForeignKeyName, NewForeignKey};
pub use self::values_not_kept::ValuesNotKept;

use self::operation::{AlterOperation, table_name};

/// Begins a change of `table`, which may be qualified with a schema on PostgreSQL, and with a database on MySQL.
///
/// Nothing happens until [`Alter::apply`].
pub fn alter<'m, 'c>(manager: &'m SchemaManager<'c>, table: impl IntoTableRef) -> Alter<'m, 'c> {
    Alter { manager, table: table.into_table_ref(), operations: Vec::new() }
}

/// Changes of one table, in the order in which they are to be made.
#[must_use = "nothing happens until `apply`"]
pub struct Alter<'m, 'c> {
    manager: &'m SchemaManager<'c>,
    table: TableRef,
    operations: Vec<AlterOperation>,
}

impl Alter<'_, '_> {
    /// Adds a column after the others.
    pub fn add_column(self, column: impl IntoColumnDef) -> Self {
        self.with(AlterOperation::AddColumn(Box::new(column.into_column_def())))
    }

    /// Changes the type, the nullability or the default of a column, or what else the definition names.
    ///
    /// What the definition does not say stays as it is on PostgreSQL and SQLite. On MySQL and MariaDB the definition takes
    /// the place of the old one, so say all of it. A column cannot be turned into a generated one.
    ///
    /// On PostgreSQL and SQLite, `using` says how the values get the new type; `Expr::col("n").cast_as("integer")` is an
    /// expression that both take. On PostgreSQL a default that is said takes the place of the old one before the type changes. On
    /// SQLite, a definition that says `primary_key` says as well whether the key is `AUTOINCREMENT`.
    ///
    /// SQLite converts what it can and stores the rest as it is, without an error: `'007'` becomes 7 in an integer column, and `'abc'`
    /// stays a text there. So without `using` the change is refused when a value would not be the same after it is
    /// converted back, or would not be of the new type as SeaORM stores it: a boolean is 0 or 1, a date, a time and a JSON are
    /// texts of their form, a UUID has 16 bytes.
    ///
    /// ```
    /// use seachange::alter::alter;
    /// use sea_orm_migration::prelude::*;
    ///
    /// async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    ///     let number = ColumnDef::new("number").integer().using(Expr::col("number").cast_as("integer")).take();
    ///     alter(manager, "posts").modify_column(number).apply().await?;
    ///     Ok(())
    /// }
    /// ```
    pub fn modify_column(self, column: impl IntoColumnDef) -> Self {
        self.with(AlterOperation::ModifyColumn { new: Box::new(column.into_column_def()), keeps_type: false })
    }

    /// Changes the nullability or the default of a column, or what else the definition names, as
    /// [`modify_column`](Self::modify_column) does, and not the type, which the definition says once more for MySQL and MariaDB.
    ///
    /// PostgreSQL gives a column no type while a view reads it, a trigger names it or a partition is chosen by it, even if it is
    /// the type that the column has. So it is not told.
    pub fn modify_column_keeping_type(self, column: impl IntoColumnDef) -> Self {
        self.with(AlterOperation::ModifyColumn { new: Box::new(column.into_column_def()), keeps_type: true })
    }

    /// Renames a column, and everywhere it is used.
    pub fn rename_column(self, from: impl IntoIden, to: impl IntoIden) -> Self {
        let (from, to) = (name(from), name(to));
        self.with(AlterOperation::RenameColumn { from, to })
    }

    /// Drops a column. On SQLite it is refused while another object uses the column.
    pub fn drop_column(self, column: impl IntoIden) -> Self {
        self.with(AlterOperation::DropColumn(name(column)))
    }

    /// Takes the default of a column away. Without one to take nothing happens.
    pub fn drop_default(self, column: impl IntoIden) -> Self {
        self.with(AlterOperation::DropDefault(name(column)))
    }

    /// Adds the primary key of a table that has none. Its columns become `NOT NULL`, and rows that have no value there
    /// are refused.
    ///
    /// On MySQL and MariaDB the name is not kept. On SQLite a single `integer` column becomes the row number.
    pub fn add_primary_key<C: IntoIden>(self, constraint: impl IntoIden, columns: impl IntoIterator<Item = C>) -> Self {
        let columns = columns.into_iter().map(name).collect();
        self.with(AlterOperation::AddPrimaryKey { name: name(constraint), columns })
    }

    /// Drops the primary key; its columns stay `NOT NULL`. The name counts on PostgreSQL only: elsewhere a table has one
    /// primary key whatever it is called.
    ///
    /// On MySQL and MariaDB a column that counts (`AUTO_INCREMENT`) has to be modified before.
    pub fn drop_primary_key(self, constraint: impl IntoIden) -> Self {
        self.with(AlterOperation::DropPrimaryKey(name(constraint)))
    }

    /// Adds a foreign key, which must have a name. The table that it starts from may be left out.
    pub fn add_foreign_key(self, key: impl Into<NewForeignKey>) -> Self {
        self.with(AlterOperation::AddForeignKey(Box::new(key.into())))
    }

    /// Drops a foreign key, by its name or by the statement that made it; on MySQL and MariaDB also the index that
    /// came with it.
    pub fn drop_foreign_key(self, key: impl Into<ForeignKeyName>) -> Self {
        self.with(AlterOperation::DropForeignKey(key.into()))
    }

    /// Adds a unique constraint over columns.
    pub fn add_unique<C: IntoIden>(self, constraint: impl IntoIden, columns: impl IntoIterator<Item = C>) -> Self {
        let columns = columns.into_iter().map(name).collect();
        self.with(AlterOperation::AddUnique { name: name(constraint), columns })
    }

    /// Drops a unique constraint.
    ///
    /// One without a name has the name that PostgreSQL gives it: `posts_email_key` is the one on `email` of `posts`, and
    /// is found elsewhere by its columns, when it is the only one that fits.
    pub fn drop_unique(self, constraint: impl IntoIden) -> Self {
        self.with(AlterOperation::DropUnique(name(constraint)))
    }

    /// Adds a check.
    pub fn add_check(self, constraint: impl IntoIden, expression: impl Into<Expr>) -> Self {
        let expression = Box::new(expression.into());
        self.with(AlterOperation::AddCheck { name: name(constraint), expression })
    }

    /// Drops a check.
    ///
    /// One without a name has the name that PostgreSQL gives it: `posts_age_check` is the one that mentions no other
    /// column of `posts` than `age`, `posts_check` one that mentions several or none. On SQLite it is found by that, when
    /// it is the only one that fits. MySQL and MariaDB give names of their own.
    pub fn drop_check(self, constraint: impl IntoIden) -> Self {
        self.with(AlterOperation::DropCheck(name(constraint)))
    }

    /// Sets the comment of the table; an empty one takes it away. SQLite has no comments, so nothing happens there.
    pub fn comment(self, text: impl Into<String>) -> Self {
        self.with(AlterOperation::Comment(text.into()))
    }

    /// Sets the comment of a column; an empty one takes it away. SQLite has no comments, so nothing happens there.
    ///
    /// On MySQL and MariaDB it is refused, because a comment is part of the definition there: say it with
    /// [`modify_column`](Self::modify_column), which sets it on PostgreSQL too.
    pub fn column_comment(self, column: impl IntoIden, text: impl Into<String>) -> Self {
        self.with(AlterOperation::ColumnComment { column: name(column), text: text.into() })
    }

    /// Makes the changes.
    ///
    /// On PostgreSQL they are made in the transaction that there is. On MySQL and MariaDB, which have none for this, they
    /// are made with as few statements as possible. On SQLite they are made all or none, in a savepoint when there is
    /// a transaction, else in one of their own.
    ///
    /// # Errors
    ///
    /// See [`AlterError`]. It turns into a [`DbErr`](sea_orm::DbErr), so `?` works in a revision.
    pub async fn apply(self) -> Result<(), AlterError> {
        let table = table_name(&self.table).ok_or(AlterError::NotATableName)?;
        let connection = self.manager.get_connection();
        match self.manager.get_database_backend() {
            DbBackend::Sqlite => sqlite::alter(connection, table, &self.operations).await,
            backend => server::alter(connection, backend, table, &self.operations).await,
        }
    }

    fn with(mut self, operation: AlterOperation) -> Self {
        self.operations.push(operation);
        self
    }
}

fn name(name: impl IntoIden) -> String {
    name.into_iden().to_string()
}
