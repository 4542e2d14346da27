//! What the code of a revision has read, so that it reads the same when the revision is resumed.
//!
//! The writes of a revision may depend on what it reads. If it ran again, it would read its own writes, and could make
//! other changes. So the journal keeps each result with the next statement that changes something, up to a size. Of a
//! larger result it keeps a digest, which shows when the result differs.

mod stored;

use sea_orm::{DatabaseConnection, DbErr, QueryResult, Statement};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::sql::SqlDialect;
use crate::store::{fingerprint, hexadecimal};
use stored::StoredRows;

/// The greatest length of a result, as JSON, that the journal keeps.
const LONGEST: usize = 64 * 1024;

/// A query and its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecordedRead {
    /// The fingerprint of the query.
    query: String,
    answer: RecordedAnswer,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum RecordedAnswer {
    Rows(StoredRows),
    Digest(String),
}

/// How the journal answers a query when a revision is resumed.
pub(crate) enum Replay {
    /// With the rows of the earlier result.
    Rows(Vec<QueryResult>),
    /// The query runs again, and has to return the same result.
    RunAndCompare,
}

impl RecordedRead {
    /// Records the result of a query.
    pub(crate) fn of(statement: &Statement, rows: &[QueryResult]) -> Self {
        let query = fingerprint(statement);
        let answer = match StoredRows::of(rows) {
            Some(rows) => match serde_json::to_string(&rows) {
                Ok(text) if text.len() <= LONGEST => RecordedAnswer::Rows(rows),
                Ok(text) => RecordedAnswer::Digest(digest(&text)),
                Err(_) => RecordedAnswer::Digest(String::new()),
            },
            // A value that cannot be kept never equals a later one.
            None => RecordedAnswer::Digest(String::new()),
        };
        Self { query, answer }
    }

    /// Whether the code sends the same query again.
    pub(crate) fn is_same(&self, statement: &Statement) -> bool {
        self.query == fingerprint(statement)
    }

    /// How to answer the query now. Rows of PostgreSQL are restored on `connection`, which is not that of the revision.
    ///
    /// # Errors
    ///
    /// The error of the database.
    pub(crate) async fn replay(
        &self,
        dialect: SqlDialect,
        connection: &DatabaseConnection,
        executor: &sea_orm::DatabaseExecutor<'_>,
    ) -> Result<Replay, DbErr> {
        match &self.answer {
            RecordedAnswer::Rows(rows) => rows.restore(dialect, connection, executor).await.map(Replay::Rows),
            RecordedAnswer::Digest(_) => Ok(Replay::RunAndCompare),
        }
    }

    /// Whether a query that ran again returned the same result.
    pub(crate) fn gives(&self, rows: &[QueryResult]) -> bool {
        let RecordedAnswer::Digest(expected) = &self.answer else { return true };
        let text = StoredRows::of(rows).and_then(|rows| serde_json::to_string(&rows).ok());
        text.is_some_and(|text| digest(&text) == *expected)
    }
}

fn digest(text: &str) -> String {
    hexadecimal(&Sha256::digest(text))
}

/// Reads as JSON, for the journal; `None` when there are no reads.
pub(crate) fn write(reads: &[RecordedRead]) -> Option<String> {
    if reads.is_empty() { None } else { serde_json::to_string(reads).ok() }
}

/// Reads from the journal. A text of an unknown version is `None`.
pub(crate) fn parse(text: Option<&str>) -> Option<Vec<RecordedRead>> {
    text.map_or_else(|| Some(Vec::new()), |text| serde_json::from_str(text).ok())
}
