//! What the code of a revision has read, so that it reads the same when the revision is resumed.
//!
//! A revision may decide by what it reads what it writes next. Run again, it would find its own writes, and decide
//! otherwise. So each result is kept beside the next statement that changes something, up to a size; of a larger one a
//! digest is kept, by which a different one is noticed.

mod stored;

use sea_orm::{DatabaseConnection, DbErr, QueryResult, Statement};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::entry::{fingerprint, hexadecimal};
use crate::sql::SqlDialect;
use stored::StoredRows;

/// How long a result may be, as JSON, to be kept.
const LONGEST: usize = 64 * 1024;

/// A query, and what it was answered.
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

/// What becomes of a query when a revision is resumed.
pub(crate) enum Replay {
    /// It is answered with the rows that it was answered with before.
    Rows(Vec<QueryResult>),
    /// It runs again, and has to give the same.
    RunAndCompare,
}

impl RecordedRead {
    /// Keeps what a query was answered.
    pub(crate) fn of(statement: &Statement, rows: &[QueryResult]) -> Self {
        let query = fingerprint(statement);
        let answer = match StoredRows::of(rows) {
            Some(rows) => match serde_json::to_string(&rows) {
                Ok(text) if text.len() <= LONGEST => RecordedAnswer::Rows(rows),
                Ok(text) => RecordedAnswer::Digest(digest(&text)),
                Err(_) => RecordedAnswer::Digest(String::new()),
            },
            // A value that cannot be kept is never the same again.
            None => RecordedAnswer::Digest(String::new()),
        };
        Self { query, answer }
    }

    /// Whether the code asks for the same again.
    pub(crate) fn is_same(&self, statement: &Statement) -> bool {
        self.query == fingerprint(statement)
    }

    /// What becomes of the query now. Rows of PostgreSQL are made on `connection`, which is not that of the revision.
    ///
    /// # Errors
    ///
    /// What the database says.
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

    /// Whether a query that ran again gave the same.
    pub(crate) fn gives(&self, rows: &[QueryResult]) -> bool {
        let RecordedAnswer::Digest(expected) = &self.answer else { return true };
        let text = StoredRows::of(rows).and_then(|rows| serde_json::to_string(&rows).ok());
        text.is_some_and(|text| digest(&text) == *expected)
    }
}

fn digest(text: &str) -> String {
    hexadecimal(&Sha256::digest(text))
}

/// Reads as JSON, for the journal; nothing where there are none.
pub(crate) fn write(reads: &[RecordedRead]) -> Option<String> {
    if reads.is_empty() { None } else { serde_json::to_string(reads).ok() }
}

/// Reads from the journal. A text that an unknown version wrote reads as nothing known.
pub(crate) fn parse(text: Option<&str>) -> Option<Vec<RecordedRead>> {
    text.map_or_else(|| Some(Vec::new()), |text| serde_json::from_str(text).ok())
}
