//! The statements that the engine refuses to send for a revision, and why.

use std::fmt;

use super::LeaseEnd;

/// A statement, or a call of SeaORM, that the engine refuses to send.
///
/// Each would break a guarantee of the engine, and the engine could not detect that afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The begin or the end of a transaction, inside of the transaction that holds the revision and its row.
    TransactionControl,
    /// A setting that changes when the session commits, or a transaction that other sessions can end: `SET autocommit`,
    /// `XA`.
    TransactionMode,
    /// A lock that all writers of the server wait for, the journal too: `FLUSH TABLES WITH READ LOCK`, `BACKUP STAGE`.
    LocksOut,
    /// `COPY` from or to the client, which waits for rows that no revision can send.
    Copy,
    /// A search path for new sessions with which the next run would not find the record, and apply all revisions again.
    SearchPath {
        /// The search path.
        path: String,
        /// The schema of the record.
        schema: String,
    },
    /// A statement after the end of the lease that excludes other runs, on a cluster.
    LeaseEnded {
        /// Why the lease ended.
        end: LeaseEnd,
    },
    /// A query about the previous statement, when the engine sends its own statements in between.
    Diagnostics,
    /// A statement in a batch of a backfill that changes more than rows, or that may end its transaction.
    NotInBatch,
    /// A `PRAGMA` that SQLite ignores inside of a transaction.
    Pragma {
        /// Its name.
        name: String,
    },
    /// A setting of the session that the engine cannot undo, in a session that cannot be replaced.
    LastingSetting,
    /// A second transaction on the connection while another one is open.
    SecondTransaction,
    /// A read-only transaction, which SQLite does not have.
    ReadOnlyTransaction,
    /// An isolation level that SQLite does not have.
    IsolationLevel,
    /// More rows or bytes than the engine keeps in memory.
    TooManyRows,
    /// A statement after one that ended the transaction of the engine.
    TransactionEnded {
        /// The statement that ended it.
        by: String,
    },
    /// A statement that needs state of the session of an interrupted run.
    LostSession {
        /// The state that it needs, in words.
        what: String,
    },
    /// A statement that changes something outside of a scratch database, which is on the server of the real one.
    OutsideOfScratch {
        /// What it changes, in words.
        what: String,
        /// Whether that belongs to the server, so that a scratch database on another one can be changed.
        is_on_server: bool,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TransactionControl => f.write_str(
                "the engine began the transaction of the revision, and ends it together with the row that records the revision",
            ),
            Self::TransactionMode => f.write_str("the statement changes how the session commits, on which the engine depends"),
            Self::LocksOut => f.write_str("the statement locks tables that the engine has to write to, in other sessions too"),
            Self::Copy => f.write_str("a revision cannot send or receive the rows of `COPY`"),
            Self::SearchPath { path, schema } => write!(
                f,
                "new sessions would have the search path `{path}`, and not find the record of the revisions in `{schema}`"
            ),
            Self::LeaseEnded { end } => write!(f, "{end}"),
            Self::Diagnostics => f.write_str(
                "the statement asks about the one before it, and the engine writes its journal in between",
            ),
            Self::NotInBatch => f.write_str(
                "the code of a batch may only read and change rows: its transaction also holds the place of the backfill",
            ),
            Self::Pragma { name } => write!(f, "SQLite ignores `PRAGMA {name}` inside of a transaction"),
            Self::LastingSetting => {
                f.write_str("the statement changes the session of a database in memory, which cannot be replaced afterwards")
            }
            Self::SecondTransaction => f.write_str("a transaction is open on this connection, and it has one session only"),
            Self::ReadOnlyTransaction => f.write_str("SQLite has no read-only transactions"),
            Self::IsolationLevel => f.write_str("SQLite has one isolation level, which is serializable"),
            Self::TooManyRows => f.write_str("the result has more than 100,000 rows or 64 MiB"),
            Self::TransactionEnded { by } => write!(f, "the transaction of the revision ended with `{by}`"),
            Self::LostSession { what } => write!(f, "{what} was lost with the session of the interrupted run"),
            Self::OutsideOfScratch { what, .. } => f.write_str(what),
        }
    }
}

impl Refusal {
    /// What to do instead, for the user; `None` when the refusal says it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::TransactionControl => Some(
                "return `Some(false)` from `use_transaction` to begin and end transactions in the revision, or leave them out",
            ),
            Self::TransactionMode => Some("begin and end transactions with `begin`, `commit` and `rollback`"),
            Self::LocksOut => Some("run it with a client of the database, around the run"),
            Self::SearchPath { .. } => {
                Some("name the schema of the record in the search path too, or give it to `with_revision_table`")
            }
            Self::Copy => Some("insert the rows, or run `COPY` with a client of the database"),
            Self::Diagnostics => Some("use what SeaORM returns for the statement, such as `rows_affected()`"),
            Self::NotInBatch => Some("send other statements before the backfill, or after it"),
            Self::Pragma { .. } => Some("return `Some(false)` from `use_transaction`"),
            Self::LastingSetting => Some("use a database file"),
            Self::SecondTransaction => Some("end the first transaction before, or begin the second one inside of it"),
            Self::ReadOnlyTransaction | Self::IsolationLevel | Self::LeaseEnded { .. } => None,
            Self::TooManyRows => Some("read the rows in parts, for instance by ranges of the primary key"),
            Self::TransactionEnded { .. } => None,
            Self::OutsideOfScratch { is_on_server: true, .. } => {
                Some("`--scratch-url` names another server, on which revisions may change what all databases share")
            }
            Self::OutsideOfScratch { is_on_server: false, .. } => None,
            Self::LostSession { .. } => Some(
                "finish or undo the revision by hand, then say so with `repair --applied` or `repair --rolled-back`",
            ),
        }
    }
}
