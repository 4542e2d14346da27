//! The record: the table of applied revisions, one row a revision.
//!
//! | column | holds |
//! | --- | --- |
//! | `revision` | the id |
//! | `down_revision`, `depends_on` | what it pointed at when it was applied: ids joined by commas |
//! | `source_hash` | the hash of its file then |
//! | `state` | `applied`; or `upgrading` or `downgrading`, which an interrupted run leaves behind |
//! | `started_at`, `finished_at` | when, in UTC |
//! | `duration_ms` | how long it took, in milliseconds; nothing when it was stamped |
//! | `program` | the name and version of the program that did it, with ` (script)` appended while a script runs |
//!
//! Beside it, the table `seachange_revision_lock` names the run that is running (see [`Holder`]),
//! `seachange_revision_statement` is the journal (see [`JournalEntry`]), and `seachange_revision_downgrade` holds the
//! downgrades of applied revisions (see [`StoredDowngrade`]), and `seachange_revision_backfill` how far backfills have come
//! (see [`BackfillStatus`]). On a cluster of MySQL or MariaDB, `seachange_revision_lease` holds the lock of the run.

mod backfill;
mod downgrade;
mod entries;
mod holder;
mod journal_entry;
mod layout;
mod lease;
mod row;
mod script;
mod summary;
mod table;

use chrono::{DateTime, Utc};
use sea_orm::Value;
use sea_orm::sea_query::{
    MysqlQueryBuilder, PostgresQueryBuilder, QueryStatementWriter, SchemaStatementBuilder, SqliteQueryBuilder,
};

pub use backfill::{BackfillState, BackfillStatus};
pub(crate) use backfill::{BatchEnd, MAX_BACKFILL_NAME};
pub(crate) use downgrade::LARGEST;
pub use downgrade::{DowngradeObstacle, DowngradeScript, DowngradeStatement, StoredDowngrade};
pub use holder::Holder;
pub use journal_entry::{JournalEntry, StatementOutcome, StatementState};
pub(crate) use journal_entry::{fingerprint, hexadecimal};
pub(crate) use layout::{NeededTables, TableLayout};
pub(crate) use lease::LeaseRow;
pub use row::{RevisionRow, RevisionRowState};
pub(crate) use summary::RevisionSummary;
pub use table::RevisionTable;
pub(crate) use table::{RevisionStore, check_one};

use crate::sql::SqlDialect;

/// A timestamp as plain SQL: MySQL and MariaDB accept no offset.
fn moment(dialect: SqlDialect, moment: DateTime<Utc>) -> Value {
    match dialect {
        SqlDialect::MySql => moment.naive_utc().into(),
        SqlDialect::Sqlite | SqlDialect::Postgres => moment.into(),
    }
}

/// Renders a statement of sea-query on rows or on tables: the two kinds have no trait in common.
macro_rules! render {
    ($statement:expr, $dialect:expr) => {
        match $dialect {
            SqlDialect::MySql => $statement.to_string(MysqlQueryBuilder),
            SqlDialect::Postgres => $statement.to_string(PostgresQueryBuilder),
            SqlDialect::Sqlite => $statement.to_string(SqliteQueryBuilder),
        }
    };
}

/// A statement on rows as plain SQL with its values written out: several of them are one round trip.
fn text(statement: &impl QueryStatementWriter, dialect: SqlDialect) -> String {
    render!(statement, dialect)
}

/// A statement on tables as plain SQL.
fn table_text(statement: &impl SchemaStatementBuilder, dialect: SqlDialect) -> String {
    render!(statement, dialect)
}
