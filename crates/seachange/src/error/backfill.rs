//! The errors of a backfill.

use sea_orm::DbErr;
use seachange_graph::error::quoted;

/// A backfill that was refused, that stopped or that failed.
///
/// What its batches have changed before stays, and so does the place that they reached: a later run goes on there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackfillError {
    /// The argument is a query or has an alias, so it is not the plain name of a table.
    #[error("`backfill` takes the plain name of a table, without a query or an alias")]
    NotATableName,
    /// Its batches cannot commit, because a transaction holds the code.
    #[error(
        "a backfill commits its batches one by one, and a transaction holds this code; let the revision run outside of \
         one: `fn use_transaction(&self) -> Option<bool> {{ Some(false) }}`, and call `backfill` outside of \
         transactions that the code begins"
    )]
    InTransaction,
    /// Outside of a revision, nothing gives it a name.
    #[error("a backfill outside of a revision needs a name, under which it goes on after an interruption: `.named(…)`")]
    NoName,
    /// The name is longer than the table of backfills can hold, or empty.
    #[error("a backfill cannot be named `{name}`: a name has 1 to {most} characters")]
    BadName {
        /// The name.
        name: String,
        /// The most characters.
        most: u32,
    },
    /// It sets no column.
    #[error("the backfill of table `{table}` sets no column")]
    NothingToSet {
        /// The table.
        table: String,
    },
    /// MySQL and MariaDB compute each value from the row as the values before it have left it, and no order gives each one
    /// the row as it was.
    #[error(
        "the backfill of table `{table}` sets {} to values that read each other; this database computes one after the \
         other: set one of them in a backfill of its own, or use `.each(…)`",
        quoted(.columns)
    )]
    ReadEachOther {
        /// The table.
        table: String,
        /// The columns.
        columns: Vec<String>,
    },
    /// No such table, or it is a view.
    #[error("no table `{table}`")]
    NoSuchTable {
        /// The table.
        table: String,
    },
    /// The rows have no order in which batches can pass them.
    #[error("table `{table}` has no key by which a backfill can pass its rows: {reason}")]
    NoKey {
        /// The table.
        table: String,
        /// What the table has, or lacks.
        reason: String,
    },
    /// The table has no transactions, so that a batch and its place would not commit together.
    #[error(
        "table `{table}` has the storage engine {engine}, which has no transactions: an interrupted backfill would change \
         rows twice"
    )]
    NoTransactions {
        /// The table.
        table: String,
        /// The storage engine.
        engine: String,
    },
    /// A row has no place among the others, because its key is null.
    #[error(
        "table `{table}` has rows whose key is null ({}): a backfill would not pass them",
        quoted(.key)
    )]
    NullKey {
        /// The table.
        table: String,
        /// The columns of the key.
        key: Vec<String>,
    },
    /// The code of a batch changed keys, so that rows would be passed twice or never.
    #[error(
        "the code of the backfill `{name}` changed the key of rows ({}): they would be passed twice, or never",
        quoted(.key)
    )]
    KeyChanged {
        /// The backfill.
        name: String,
        /// The columns of the key.
        key: Vec<String>,
    },
    /// Rows that the policies of the table hide from this user would be left out.
    #[error("row security of table `{table}` applies to this user, so that the backfill could leave rows out")]
    RowSecurity {
        /// The table.
        table: String,
    },
    /// A trigger or a rule kept rows as they were.
    #[error(
        "{} of the {expected} rows of a batch stayed as they were: a trigger or a rule of table `{table}` kept them",
        .expected - .changed.min(.expected)
    )]
    RowsKept {
        /// The table.
        table: String,
        /// How many rows the batch should have changed.
        expected: u64,
        /// How many it changed.
        changed: u64,
    },
    /// A batch changed more rows than it has: other sessions insert rows there each time, or a rule changes others.
    #[error(
        "a batch of table `{table}` has {expected} rows and would change {changed}: other sessions insert rows between \
         them each time it is tried, or a rule of the table changes others"
    )]
    RowsAdded {
        /// The table.
        table: String,
        /// How many rows the batch had.
        expected: u64,
        /// How many it would have changed.
        changed: u64,
    },
    /// The database would have stored other values than the expression gave.
    #[error("the values of a batch do not fit into table `{table}`: {what}")]
    ValuesChanged {
        /// The table.
        table: String,
        /// What the database says, or which rows.
        what: String,
    },
    /// A backfill of this name was begun with another definition.
    #[error(
        "the backfill `{name}` was begun with another definition, and has passed {passed} rows with it; restore that \
         definition, or give the new one another name, so that it begins with the first row"
    )]
    Edited {
        /// The backfill.
        name: String,
        /// How many rows it has passed.
        passed: u64,
    },
    /// The backfill was begun on another database system.
    #[error("the backfill `{name}` was written for {system}, and this database is {here}")]
    OtherSystem {
        /// The backfill.
        name: String,
        /// The system for which it was written.
        system: String,
        /// The system of this database.
        here: String,
    },
    /// The session finds another table of that name than the one on which it was begun.
    #[error(
        "the backfill `{name}` was begun on table `{begun}`, and this session finds `{here}`; name the schema of the table \
         in the backfill, or connect with the current schema of the session in which it was begun"
    )]
    OtherTable {
        /// The backfill.
        name: String,
        /// The table on which it was begun.
        begun: String,
        /// The table that this session finds.
        here: String,
    },
    /// The key by which it was begun does not exist any more.
    #[error("the backfill `{name}` passes table `{table}` by {}, which is not a key any more", quoted(.key))]
    KeyGone {
        /// The backfill.
        name: String,
        /// The table.
        table: String,
        /// The columns of the key.
        key: Vec<String>,
    },
    /// No backfill of this name.
    #[error("no backfill `{name}`")]
    Unknown {
        /// The name.
        name: String,
    },
    /// It was given up.
    #[error("the backfill `{name}` is cancelled; `backfill resume {name}` lets it go on")]
    Cancelled {
        /// The backfill.
        name: String,
    },
    /// It cannot get another state.
    #[error("the backfill `{name}` is {state}")]
    NotIn {
        /// The backfill.
        name: String,
        /// Its state.
        state: &'static str,
    },
    /// Another session deleted its row while it ran.
    #[error("the backfill `{name}` has lost its row in the table of backfills")]
    Lost {
        /// The backfill.
        name: String,
    },
    /// Only its code knows what it does, so that the database cannot.
    #[error("only code knows what the backfill `{name}` does; {how}")]
    CodeOnly {
        /// The backfill.
        name: String,
        /// How to go on.
        how: String,
    },
    /// It cannot be written as SQL.
    #[error("the code of a backfill cannot be written as SQL, which is what this run records")]
    Recorded,
    /// A value of an expression cannot be written as SQL.
    #[error("a value of the backfill cannot be written: {0}")]
    Unwritable(&'static str),
    /// How far replicas are behind cannot be seen.
    #[error("cannot see how far replicas are behind: {0}")]
    Lag(String),
    /// The run was asked to stop.
    #[error("the backfill `{name}` was stopped after {passed} rows; it goes on there")]
    Stopped {
        /// The backfill.
        name: String,
        /// How many rows it has passed.
        passed: u64,
    },
    /// The database refused a statement.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl From<BackfillError> for DbErr {
    /// The error of the database, or the text as [`DbErr::Custom`].
    fn from(error: BackfillError) -> Self {
        match error {
            BackfillError::Database(error) => error,
            other => Self::Custom(other.to_string()),
        }
    }
}
