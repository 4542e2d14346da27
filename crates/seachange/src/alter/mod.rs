//! Changes tables, with the same code on every database.
//!
//! PostgreSQL, MySQL and MariaDB have an `ALTER TABLE` for every change. SQLite adds, renames and drops plain columns.
//! For every other change on SQLite the table is rebuilt: a new table is created from the edited text of the old one,
//! the rows are copied, and the indexes and triggers are created again. A rebuild keeps everything that the table has.
//! If it cannot, the change is refused, and the error names the object that prevents it. A rebuild also fails, and is
//! undone, when a row is missing afterwards, in the table or in one that refers to it.
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
pub(crate) mod loss;
pub(crate) mod loss_scope;
pub(crate) mod offline_scope;
pub(crate) mod operation;
pub(crate) mod rebuild_scope;
#[cfg(feature = "cli")]
pub(crate) mod server;
#[cfg(not(feature = "cli"))]
mod server;
mod sqlite;
mod values_not_kept;

use futures_util::future::BoxFuture;
use sea_orm::DbBackend;
use sea_orm::sea_query::{Expr, IntoColumnDef, IntoIden, IntoTableRef, TableRef};
use sea_orm_migration::SchemaManager;

pub use self::error::AlterError;
pub use self::foreign_keys::{ForeignKeyViolation, ViolationKind};
pub(crate) use self::foreign_keys::{foreign_key_violations, foreign_keys_on, new_violations, set_foreign_keys};
pub use self::operation::{ForeignKeyName, NewForeignKey};
#[cfg(any(feature = "cli", feature = "mysql"))]
pub(crate) use self::server::is_mariadb;
#[cfg(feature = "mysql")]
pub(crate) use self::server::{columns_with_checks, finds_checks};
pub(crate) use self::sqlite::values_kept_on_sqlite;
pub use self::values_not_kept::ValuesNotKept;

use self::operation::{AlterOperation, table_name};

/// Begins a change of `table`. The name may have a schema on PostgreSQL, and a database on MySQL.
///
/// No statement runs before [`Alter::apply`].
pub fn alter<'m, 'c>(manager: &'m SchemaManager<'c>, table: impl IntoTableRef) -> Alter<'m, 'c> {
    Alter { manager, table: table.into_table_ref(), operations: Vec::new(), allows_loss: false }
}

/// The changes of one table, in the order in which they are made.
#[must_use = "nothing happens until `apply`"]
pub struct Alter<'m, 'c> {
    manager: &'m SchemaManager<'c>,
    table: TableRef,
    operations: Vec<AlterOperation>,
    allows_loss: bool,
}

impl<'m> Alter<'m, '_> {
    /// Adds a column after the existing ones.
    pub fn add_column(self, column: impl IntoColumnDef) -> Self {
        self.with(AlterOperation::AddColumn(Box::new(column.into_column_def())))
    }

    /// Changes the type, the nullability, the default or another property of a column, as the definition states.
    ///
    /// On PostgreSQL and SQLite, a property that the definition does not state stays as it is. On MySQL and MariaDB the
    /// definition replaces the old one, so state every property. A column cannot become a generated column.
    ///
    /// On PostgreSQL and SQLite, `using` states how the values are converted to the new type; both accept the
    /// expression `Expr::col("n").cast_as("integer")`. On PostgreSQL, a default in the definition replaces the old
    /// default before the type changes. On SQLite, a definition that states `primary_key` also states whether the key
    /// is `AUTOINCREMENT`.
    ///
    /// SQLite converts the values that it can convert and stores the others as they are, without an error: in an
    /// integer column, `'007'` becomes 7, and `'abc'` stays a text. Without `using`, the change is therefore refused
    /// when a value would not be the same after it is converted back, or would not be of the new type as SeaORM stores
    /// it: a boolean is 0 or 1; a date, a time and a JSON value are texts of their format; a UUID has 16 bytes.
    ///
    /// PostgreSQL, MySQL and MariaDB round numbers and cut times without an error, and MySQL and MariaDB cut texts as well
    /// if `sql_mode` is not strict. There the values that would not come back are counted before anything is changed,
    /// and the change is refused with their number and some of their keys
    /// ([`AlterError::ValuesNotKept`]). Nothing is read where the old type shows that every value fits the new one. On
    /// PostgreSQL a conversion by `using` is taken as it is stated, unless it only casts the column
    /// (`"n"::integer`). The count locks the table on PostgreSQL, in a transaction; on MySQL and MariaDB a row that another
    /// session writes between the count and the change is not counted. A conversion between types for which there is no
    /// rule, such as geometries, or `json` to `jsonb`, is not counted. A change of `bit` on MySQL and MariaDB is counted
    /// from and to integers only.
    ///
    /// [`allow_loss`](Self::allow_loss) omits all this, and so does
    /// [`RunOptions::count_losses`](crate::RunOptions::count_losses). An offline script for PostgreSQL stops where values
    /// do not fit, as far as this can be said without the old type; one for MySQL or MariaDB has a comment that they are
    /// not counted.
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

    /// Changes a column as [`modify_column`](Self::modify_column) does, but not its type. The definition still states
    /// the type, for MySQL and MariaDB.
    ///
    /// PostgreSQL refuses to set the type of a column while a view reads it, a trigger names it or a partition key
    /// contains it, even if the column already has that type. So no type is sent to PostgreSQL.
    pub fn modify_column_keeping_type(self, column: impl IntoColumnDef) -> Self {
        self.with(AlterOperation::ModifyColumn { new: Box::new(column.into_column_def()), keeps_type: true })
    }

    /// Renames a column everywhere it is used.
    pub fn rename_column(self, from: impl IntoIden, to: impl IntoIden) -> Self {
        let (from, to) = (name(from), name(to));
        self.with(AlterOperation::RenameColumn { from, to })
    }

    /// Drops a column. On SQLite the change is refused while another object uses the column.
    pub fn drop_column(self, column: impl IntoIden) -> Self {
        self.with(AlterOperation::DropColumn(name(column)))
    }

    /// Drops the default of a column. If the column has no default, nothing happens.
    pub fn drop_default(self, column: impl IntoIden) -> Self {
        self.with(AlterOperation::DropDefault(name(column)))
    }

    /// Adds a primary key to a table without one. Its columns become `NOT NULL`, and the change is refused when rows
    /// have no value there.
    ///
    /// MySQL and MariaDB do not keep the name. On SQLite a single `integer` column becomes the row number.
    pub fn add_primary_key<C: IntoIden>(self, constraint: impl IntoIden, columns: impl IntoIterator<Item = C>) -> Self {
        let columns = columns.into_iter().map(name).collect();
        self.with(AlterOperation::AddPrimaryKey { name: name(constraint), columns })
    }

    /// Drops the primary key; its columns stay `NOT NULL`. Only PostgreSQL uses the name: on the other systems a table
    /// has one primary key, whatever its name.
    ///
    /// On MySQL and MariaDB an `AUTO_INCREMENT` column has to be modified first.
    pub fn drop_primary_key(self, constraint: impl IntoIden) -> Self {
        self.with(AlterOperation::DropPrimaryKey(name(constraint)))
    }

    /// Adds a foreign key, which must have a name. The key may omit the table that it belongs to.
    pub fn add_foreign_key(self, key: impl Into<NewForeignKey>) -> Self {
        self.with(AlterOperation::AddForeignKey(Box::new(key.into())))
    }

    /// Drops a foreign key, by its name or by the statement that created it. On MySQL and MariaDB, this also drops the
    /// index that the server created for the key.
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
    /// An unnamed constraint has the name that PostgreSQL gives it: `posts_email_key` is the one on `email` of `posts`.
    /// Other databases do not store this name, so the constraint is found by its columns, if only one matches.
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
    /// An unnamed check has the name that PostgreSQL gives it: `posts_age_check` mentions `age` and no other column of
    /// `posts`; `posts_check` mentions several columns or no column. On SQLite the check is found by the columns that
    /// it mentions, if only one matches. MySQL and MariaDB generate other names.
    pub fn drop_check(self, constraint: impl IntoIden) -> Self {
        self.with(AlterOperation::DropCheck(name(constraint)))
    }

    /// Sets the comment of the table; an empty text removes it. SQLite has no comments, so nothing happens there.
    pub fn comment(self, text: impl Into<String>) -> Self {
        self.with(AlterOperation::Comment(text.into()))
    }

    /// Sets the comment of a column; an empty text removes it. SQLite has no comments, so nothing happens there.
    ///
    /// On MySQL and MariaDB the change is refused, because the comment is part of the column's definition there. Use
    /// [`modify_column`](Self::modify_column), which also sets the comment on PostgreSQL.
    pub fn column_comment(self, column: impl IntoIden, text: impl Into<String>) -> Self {
        self.with(AlterOperation::ColumnComment { column: name(column), text: text.into() })
    }

    /// Lets the database convert or cut the values of columns whose type changes, as it does by itself. Without this, a
    /// change of a type is refused if values would not be kept, see [`modify_column`](Self::modify_column).
    pub fn allow_loss(mut self) -> Self {
        self.allows_loss = true;
        self
    }

    /// Makes the changes, once the future is awaited.
    ///
    /// On PostgreSQL the changes run in the current transaction. MySQL and MariaDB cannot change a schema in a
    /// transaction, so the changes run in as few statements as possible. On SQLite all changes are made or none: they
    /// run in a savepoint if there is a transaction, otherwise in a transaction of their own.
    ///
    /// # Errors
    ///
    /// See [`AlterError`]. It converts into a [`DbErr`](sea_orm::DbErr), so `?` works in a revision.
    pub fn apply(self) -> BoxFuture<'m, Result<(), AlterError>> {
        // rustc compiles the code of an `async fn` again in each module that awaits it, which in a crate with many
        // revisions is most of the work; behind the pointer it is compiled once, here.
        let Self { manager, table, operations, allows_loss } = self;
        Box::pin(apply(manager, table, operations, allows_loss))
    }

    fn with(mut self, operation: AlterOperation) -> Self {
        self.operations.push(operation);
        self
    }
}

async fn apply(
    manager: &SchemaManager<'_>,
    table: TableRef,
    operations: Vec<AlterOperation>,
    allows_loss: bool,
) -> Result<(), AlterError> {
    let table = table_name(&table).ok_or(AlterError::NotATableName)?;
    let connection = manager.get_connection();
    let counts = !allows_loss && loss_scope::is_counted();
    let altered = async {
        match manager.get_database_backend() {
            DbBackend::Sqlite => sqlite::alter(connection, table, &operations, counts).await,
            backend => server::alter(connection, backend, table, &operations, counts).await,
        }
    };
    offline_scope::alteration(altered).await
}

fn name(name: impl IntoIden) -> String {
    name.into_iden().to_string()
}
