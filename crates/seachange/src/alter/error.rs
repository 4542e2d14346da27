//! What can go wrong with an alteration.

use sea_orm::DbErr;
use seachange_graph::error::quoted;

use super::foreign_keys::ForeignKeyViolation;
use super::values_not_kept::ValuesNotKept;

/// A change of a table that was refused or did not succeed.
///
/// Nothing was changed, except on MySQL and MariaDB, which cannot undo the statements before the one that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AlterError {
    /// The argument names no table, but a query, or it has an alias.
    #[error("`alter` takes the plain name of a table")]
    NotATableName,
    /// The table is qualified in a way that the database does not offer here.
    #[error("table `{table}` cannot be named with schema `{schema}` on {database}")]
    Qualified {
        /// The table.
        table: String,
        /// The schema that it was named with.
        schema: String,
        /// The database system.
        database: &'static str,
    },
    /// There is no such table.
    #[error("no table `{table}`")]
    NoSuchTable {
        /// The table that was asked for.
        table: String,
    },
    /// It is a view, or a virtual table, or of another kind that cannot be altered.
    #[error("`{table}` is a {kind}, and only ordinary tables can be altered")]
    NotOrdinary {
        /// The name that was asked for.
        table: String,
        /// What it is, in SQLite's word.
        kind: String,
    },
    /// The stored text of the table is not understood, or cannot be kept.
    #[error("the definition of table `{table}` cannot be edited: {reason}")]
    Uneditable {
        /// The table.
        table: String,
        /// What stands in the way.
        reason: String,
    },
    /// The column is there already.
    #[error("table `{table}` has a column `{column}` already")]
    ColumnExists {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// There is no such column.
    #[error("table `{table}` has no column `{column}` (it has {})", quoted(.columns))]
    NoSuchColumn {
        /// The table.
        table: String,
        /// The column that was asked for.
        column: String,
        /// The columns that there are.
        columns: Vec<String>,
    },
    /// The column cannot be dropped, because other objects use it.
    #[error("column `{column}` of table `{table}` is used by {}; drop these first, and create them again without it", .by.join(", "))]
    ColumnInUse {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The objects, each with what it is.
        by: Vec<String>,
    },
    /// There is no such constraint.
    #[error("table `{table}` has no {kind} `{name}` (it has {})", if .found.is_empty() { "none".to_owned() } else { .found.join(", ") })]
    NoSuchConstraint {
        /// The table.
        table: String,
        /// `foreign key`, `unique constraint`, `check` or `primary key`.
        kind: &'static str,
        /// The name that was asked for.
        name: String,
        /// The constraints of this kind that there are.
        found: Vec<String>,
    },
    /// A constraint of that name is there already.
    #[error("table `{table}` has a constraint `{name}` already")]
    ConstraintExists {
        /// The table.
        table: String,
        /// The name.
        name: String,
    },
    /// Several constraints without a name would have this one.
    #[error("table `{table}` has several {kind}s without a name that `{name}` could be")]
    AmbiguousConstraint {
        /// The table.
        table: String,
        /// `foreign key`, `unique constraint` or `check`.
        kind: &'static str,
        /// The name that was asked for.
        name: String,
    },
    /// The table has a primary key, and can have only one.
    #[error("table `{table}` has a primary key already, on {}", quoted(.columns))]
    PrimaryKeyExists {
        /// The table.
        table: String,
        /// The columns of the key.
        columns: Vec<String>,
    },
    /// Rows have no value where the new primary key needs one.
    #[error("column `{column}` of table `{table}` cannot be in the primary key: {} no value there", if *.rows == 1 { "1 row has".to_owned() } else { format!("{rows} rows have") })]
    NullsInPrimaryKey {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The number of rows.
        rows: i64,
    },
    /// The database checks every foreign key at once.
    #[error("foreign key `{name}` of table `{table}` cannot be deferrable: {database} checks none late")]
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
    /// The foreign key has no name, so nothing could drop it.
    #[error("the foreign key on {} of table `{table}` needs a name, so that it can be dropped", quoted(.columns))]
    UnnamedForeignKey {
        /// The table.
        table: String,
        /// Its columns.
        columns: Vec<String>,
    },
    /// The foreign key refers to no table, or not to a plain one.
    #[error("foreign key `{name}` of table `{table}` names no table and columns to refer to")]
    IncompleteForeignKey {
        /// The table.
        table: String,
        /// The foreign key.
        name: String,
    },
    /// The foreign key starts from another table.
    #[error("foreign key `{name}` belongs to table `{other}`, not to `{table}`")]
    ForeignKeyOfOtherTable {
        /// The table that is altered.
        table: String,
        /// The foreign key.
        name: String,
        /// The table that the foreign key names.
        other: String,
    },
    /// The database has no such type of column.
    #[error("column `{column}` of table `{table}`: {database} has no type {column_type}")]
    UnsupportedType {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The type, as sea-query calls it.
        column_type: String,
        /// The database system.
        database: &'static str,
    },
    /// A column cannot be changed in this manner here.
    #[error("column `{column}` of table `{table}`: {reason}")]
    UnsupportedChange {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// What is not possible, and what to do instead.
        reason: &'static str,
    },
    /// Values of a column would become others, or would not be of its new type. Only SQLite is asked beforehand.
    #[error("{0}")]
    ValuesNotKept(Box<ValuesNotKept>),
    /// A new column is `NOT NULL` without a default, and there are rows to give a value to.
    #[error(
        "column `{column}` cannot be added to table `{table}` as not null without a default: {rows} rows would have no value"
    )]
    NotNullWithoutDefault {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The number of rows.
        rows: i64,
    },
    /// The table must be rebuilt, and foreign keys are enforced and cannot be switched off inside the transaction.
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
    /// An object that belongs to the connection and not to the database hides the table or would be lost.
    #[error("table `{table}` cannot be rebuilt while there is the temporary {object}; drop it first")]
    TemporaryObject {
        /// The table.
        table: String,
        /// The object, with what it is.
        object: String,
    },
    /// Tables do not have the rows that they had.
    #[error("table `{table}` had {before} rows before the rebuild and {after} after it")]
    RowsChanged {
        /// The table whose rows changed.
        table: String,
        /// The number of rows before.
        before: i64,
        /// The number of rows after.
        after: i64,
    },
    /// Rows that are there violate a foreign key.
    #[error("table `{table}` cannot be altered: {}; correct this first", joined(.violations))]
    Violations {
        /// The table.
        table: String,
        /// The violations that were not there before.
        violations: Vec<ForeignKeyViolation>,
    },
    /// A view or a trigger no longer works after the change.
    #[error(
        "altering table `{table}` would break an object of the schema: {reason}; drop it first, and create it again afterwards"
    )]
    BrokenObject {
        /// The table.
        table: String,
        /// What SQLite says of the object.
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
