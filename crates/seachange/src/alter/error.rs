//! The errors of an alteration.

use sea_orm::DbErr;
use seachange_graph::error::quoted;

use super::foreign_keys::ForeignKeyViolation;
use super::values_not_kept::ValuesNotKept;

/// A change of a table that was refused or that failed.
///
/// Nothing was changed, except on MySQL and MariaDB, which cannot undo the statements before the failed one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AlterError {
    /// The argument is a query or has an alias, so it is not the plain name of a table.
    #[error("`alter` takes the plain name of a table, without a query or an alias")]
    NotATableName,
    /// The database does not accept this schema for the table here.
    #[error("table `{table}` cannot be named with schema `{schema}` on {database}")]
    Qualified {
        /// The table.
        table: String,
        /// The schema in the table's name.
        schema: String,
        /// The database system.
        database: &'static str,
    },
    /// The table does not exist.
    #[error("no table `{table}`")]
    NoSuchTable {
        /// The requested table.
        table: String,
    },
    /// The object is a view, a virtual table or another kind of object that cannot be altered.
    #[error("`{table}` is a {kind}, and only ordinary tables can be altered")]
    NotOrdinary {
        /// The requested name.
        table: String,
        /// The kind of the object, in SQLite's word.
        kind: String,
    },
    /// The stored definition of the table cannot be parsed or cannot be preserved.
    #[error("the definition of table `{table}` cannot be edited: {reason}")]
    Uneditable {
        /// The table.
        table: String,
        /// Why the definition cannot be edited.
        reason: String,
    },
    /// The column already exists.
    #[error("table `{table}` has a column `{column}` already")]
    ColumnExists {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// The column does not exist.
    #[error("table `{table}` has no column `{column}` (it has {})", quoted(.columns))]
    NoSuchColumn {
        /// The table.
        table: String,
        /// The requested column.
        column: String,
        /// The existing columns.
        columns: Vec<String>,
    },
    /// Other objects use the column, so it cannot be dropped.
    #[error("column `{column}` of table `{table}` is used by {}; drop these first, and create them again without it", .by.join(", "))]
    ColumnInUse {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The objects, each with its kind.
        by: Vec<String>,
    },
    /// The constraint does not exist.
    #[error("table `{table}` has no {kind} `{name}` (it has {})", if .found.is_empty() { "none".to_owned() } else { .found.join(", ") })]
    NoSuchConstraint {
        /// The table.
        table: String,
        /// `foreign key`, `unique constraint`, `check` or `primary key`.
        kind: &'static str,
        /// The requested name.
        name: String,
        /// The existing constraints of this kind.
        found: Vec<String>,
    },
    /// A constraint of this name already exists.
    #[error("table `{table}` has a constraint `{name}` already")]
    ConstraintExists {
        /// The table.
        table: String,
        /// The name.
        name: String,
    },
    /// The name could mean any of several unnamed constraints.
    #[error("table `{table}` has several unnamed {kind}s that `{name}` could mean")]
    AmbiguousConstraint {
        /// The table.
        table: String,
        /// `foreign key`, `unique constraint` or `check`.
        kind: &'static str,
        /// The requested name.
        name: String,
    },
    /// The table already has a primary key, and a table can have only one.
    #[error("table `{table}` has a primary key already, on {}", quoted(.columns))]
    PrimaryKeyExists {
        /// The table.
        table: String,
        /// The columns of the key.
        columns: Vec<String>,
    },
    /// Rows have no value in a column of the new primary key.
    #[error("column `{column}` of table `{table}` cannot be in the primary key: {} no value there", if *.rows == 1 { "1 row has".to_owned() } else { format!("{rows} rows have") })]
    NullsInPrimaryKey {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The number of rows without a value.
        rows: i64,
    },
    /// The database sets every column of a foreign key when the referenced row is deleted.
    #[error("foreign key `{name}` of table `{table}` cannot set some of its columns: {database} sets all of them")]
    SetsAllColumns {
        /// The table.
        table: String,
        /// The foreign key.
        name: String,
        /// The database system.
        database: &'static str,
    },
    /// The database has no deferrable foreign keys.
    #[error("foreign key `{name}` of table `{table}` cannot be deferrable: {database} has no deferrable foreign keys")]
    NotDeferrable {
        /// The table.
        table: String,
        /// The foreign key.
        name: String,
        /// The database system.
        database: &'static str,
    },
    /// Several unnamed foreign keys have these columns.
    #[error("table `{table}` has several foreign keys on {}", quoted(.columns))]
    AmbiguousForeignKey {
        /// The table.
        table: String,
        /// The columns.
        columns: Vec<String>,
    },
    /// The foreign key has no name, so it could not be dropped later.
    #[error("the foreign key on {} of table `{table}` needs a name, so that it can be dropped", quoted(.columns))]
    UnnamedForeignKey {
        /// The table.
        table: String,
        /// Its columns.
        columns: Vec<String>,
    },
    /// The foreign key does not name the table that it refers to, or not with a plain name.
    #[error("foreign key `{name}` of table `{table}` does not name the table and columns that it refers to")]
    IncompleteForeignKey {
        /// The table.
        table: String,
        /// The foreign key.
        name: String,
    },
    /// The foreign key belongs to another table.
    #[error("foreign key `{name}` belongs to table `{other}`, not to `{table}`")]
    ForeignKeyOfOtherTable {
        /// The altered table.
        table: String,
        /// The foreign key.
        name: String,
        /// The table that the foreign key names.
        other: String,
    },
    /// The database does not have the type of the column.
    #[error("column `{column}` of table `{table}`: {database} has no type {column_type}")]
    UnsupportedType {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The type, as sea-query names it.
        column_type: String,
        /// The database system.
        database: &'static str,
    },
    /// The column cannot be changed in this way on this database.
    #[error("column `{column}` of table `{table}`: {reason}")]
    UnsupportedChange {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// What is not possible, and what to do instead.
        reason: &'static str,
    },
    /// The change would alter values of a column, or values would not be of its new type.
    /// [`Alter::allow_loss`](super::Alter::allow_loss) omits this check.
    #[error("{0}")]
    ValuesNotKept(Box<ValuesNotKept>),
    /// A new column is `NOT NULL` without a default, and the table has rows, which need a value.
    #[error(
        "column `{column}` cannot be added to table `{table}` as not null without a default: {} would have no value",
        rows_text(*rows)
    )]
    NotNullWithoutDefault {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The number of rows.
        rows: i64,
    },
    /// The table must be rebuilt, but foreign keys are enforced and cannot be switched off inside the transaction.
    #[error(
        "table `{table}` has to be rebuilt, which needs foreign keys off before the transaction begins: \
         dropping the old table would delete the rows that refer to it. Apply the revision with seachange's runner, or \
         let `use_transaction` return `Some(false)`"
    )]
    ForeignKeysOn {
        /// The table.
        table: String,
    },
    /// The table must be rebuilt with foreign keys off, but the pool has several connections.
    #[error(
        "table `{table}` has to be rebuilt with foreign keys off, which needs one connection: connect with \
         `max_connections(1)`"
    )]
    SeveralConnections {
        /// The table.
        table: String,
    },
    /// A temporary object, which belongs to the connection and not to the database, hides the table or would be lost.
    #[error("table `{table}` cannot be rebuilt while the temporary {object} exists; drop it first")]
    TemporaryObject {
        /// The table.
        table: String,
        /// The object, with its kind.
        object: String,
    },
    /// A table does not have the same number of rows as before the rebuild.
    #[error("table `{table}` had {before} rows before the rebuild and {after} after it")]
    RowsChanged {
        /// The table whose number of rows changed.
        table: String,
        /// The number of rows before.
        before: i64,
        /// The number of rows after.
        after: i64,
    },
    /// Existing rows violate a foreign key.
    #[error("table `{table}` cannot be altered: {}; correct this first", joined(.violations))]
    Violations {
        /// The table.
        table: String,
        /// The new violations.
        violations: Vec<ForeignKeyViolation>,
    },
    /// A view or a trigger no longer works after the change.
    #[error(
        "altering table `{table}` would break an object of the schema: {reason}; drop it first, and create it again afterwards"
    )]
    BrokenObject {
        /// The table.
        table: String,
        /// SQLite's message about the object.
        reason: String,
    },
    /// The database refused a statement.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl From<AlterError> for DbErr {
    fn from(error: AlterError) -> Self {
        match error {
            AlterError::Database(error) => error,
            other => Self::Migration(other.to_string()),
        }
    }
}

fn joined(violations: &[ForeignKeyViolation]) -> String {
    let texts: Vec<_> = violations.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

/// A count of rows: `1 row`, `3 rows`.
fn rows_text(rows: i64) -> String {
    if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") }
}
