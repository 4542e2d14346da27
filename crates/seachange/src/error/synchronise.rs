//! The errors of synchronised columns.

use sea_orm::DbErr;

use super::BackfillError;

/// Why columns cannot be synchronised.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SynchroniseError {
    /// The argument is a query or has an alias, so it is not the plain name of a table.
    #[error("`synchronise` takes the plain name of a table, without a query or an alias")]
    NotATableName,
    /// New columns are missing, or old ones, without which new ones follow on PostgreSQL only.
    #[error("the columns of table `{table}` are not synchronised: name at least one old column and one new one")]
    OneSided {
        /// The table.
        table: String,
    },
    /// The table has no such column.
    #[error("table `{table}` has no column `{column}`")]
    NoSuchColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// The database computes the column, so that no trigger can set it.
    #[error("column `{column}` of table `{table}` is a generated column, which a trigger cannot set")]
    Generated {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// Its default differs from row to row, so that a row does not show whether a statement has written it.
    #[error(
        "the default of column `{column}` of table `{table}`, `{default}`, differs from row to row, so that a row does not \
         show whether a statement has written the column; drop the default first"
    )]
    ChangingDefault {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The default.
        default: String,
    },
    /// A statement that writes the default of a new column looks like one that does not write it.
    #[error(
        "the defaults of the old columns give column `{column}` of table `{table}` the value {expected}, and its default is \
         {default}: whether a statement has written it would not show; give it that value as its default"
    )]
    OtherDefault {
        /// The table.
        table: String,
        /// The new column.
        column: String,
        /// Its default.
        default: String,
        /// The value that the defaults of the old columns give it.
        expected: String,
    },
    /// SQLite checks a row before a trigger can complete it.
    #[error(
        "column `{column}` of table `{table}` is required and has no default: SQLite refuses a row without it before a \
         trigger can compute it; let it be null, or give it a default, with `alter`"
    )]
    Required {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// MySQL and MariaDB run no trigger for what a foreign key changes.
    #[error(transparent)]
    Cascade(Box<CascadingKey>),
    /// An expression cannot be written, or the rows of the table have no key.
    #[error(transparent)]
    Backfill(#[from] BackfillError),
    /// The database refused a statement.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// A foreign key that changes a column without a trigger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the foreign key `{foreign_key}` changes column `{column}` of table `{table}` ({action}), for which MySQL and MariaDB run \
     no trigger; give `{other}` a foreign key with the same actions"
)]
pub struct CascadingKey {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// The foreign key.
    pub foreign_key: String,
    /// What it does.
    pub action: String,
    /// The column on the other side.
    pub other: String,
}

impl From<SynchroniseError> for DbErr {
    /// The error of the database, or the text as [`DbErr::Custom`].
    fn from(error: SynchroniseError) -> Self {
        match error {
            SynchroniseError::Database(error) => error,
            SynchroniseError::Backfill(error) => error.into(),
            other => Self::Custom(other.to_string()),
        }
    }
}
