//! One statement of a revision, in the journal.

use std::fmt::{self, Write};

use chrono::{DateTime, SubsecRound, Utc};
use sea_orm::{Statement, Value};
use sha2::{Digest, Sha256};

/// One statement of a revision, and its result.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct JournalEntry {
    /// The revision.
    pub revision: String,
    /// The number of the statement in the revision, from 1. Statements that leave nothing in the database are not
    /// counted.
    pub number: i64,
    /// The statement, with placeholders; its first 64 KiB and `…`, if it is longer.
    pub sql: String,
    /// A hash of the statement and its bound values, without timestamps: they differ each time the code runs.
    pub(crate) fingerprint: String,
    /// The state of the statement.
    pub state: StatementState,
    /// How many rows it changed.
    pub(crate) rows_affected: i64,
    /// The id of the last row that it inserted.
    pub(crate) last_insert_id: i64,
    /// The result, if it asked whether an object exists.
    pub(crate) answer: Option<i64>,
    /// When it was begun.
    pub started_at: DateTime<Utc>,
    /// What the code read since the previous statement, as [`RecordedRead`](super::reads::RecordedRead)s in JSON.
    pub(crate) reads: Option<String>,
}

/// The state of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementState {
    /// It was begun. It is unknown whether it took effect.
    Running,
    /// It took effect.
    Finished,
    /// The database refused it, and it had no effect.
    Refused,
}

/// Whether a statement that was begun took effect.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StatementOutcome {
    /// It took effect; the text gives the evidence.
    Ran(String),
    /// It did not take effect; the text gives the evidence.
    NotRun(String),
    /// It took effect in part.
    Half(String),
    /// The catalogue does not show it.
    Unknown,
}

impl fmt::Display for StatementOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ran(why) => write!(f, "it took effect: {why}"),
            Self::NotRun(why) => write!(f, "it did not take effect: {why}"),
            Self::Half(why) => write!(f, "it took effect in part: {why}"),
            Self::Unknown => f.write_str("the catalogue does not tell whether it took effect"),
        }
    }
}

impl StatementState {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Refused => "refused",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Running, Self::Finished, Self::Refused].into_iter().find(|state| state.as_str() == word)
    }
}

impl JournalEntry {
    /// The entry of a statement that is about to run.
    pub(crate) fn started(revision: &str, number: i64, statement: &Statement) -> Self {
        Self {
            revision: revision.to_owned(),
            number,
            sql: shortened(&statement.sql),
            fingerprint: fingerprint(statement),
            state: StatementState::Running,
            rows_affected: 0,
            last_insert_id: 0,
            answer: None,
            started_at: Utc::now().trunc_subsecs(3),
            reads: None,
        }
    }

    /// Whether the code sends the same statement again.
    pub(crate) fn is_same(&self, statement: &Statement) -> bool {
        self.fingerprint == fingerprint(statement)
    }
}

/// How many bytes of a statement the journal keeps. A server limits the size of the text that writes the entry, and the
/// statement alone may be as long as that.
const KEPT: usize = 64 * 1024;

fn shortened(sql: &str) -> String {
    match sql.char_indices().map(|(at, _)| at).take_while(|at| *at <= KEPT).last() {
        Some(end) if sql.len() > KEPT => format!("{}…", &sql[..end]),
        _ => sql.to_owned(),
    }
}

pub(crate) fn fingerprint(statement: &Statement) -> String {
    let mut hash = Sha256::new();
    hash.update(&statement.sql);
    for value in statement.values.iter().flat_map(|values| &values.0) {
        hash.update([0]);
        hash.update(stable(value));
    }
    hexadecimal(&hash.finalize())
}

/// Bytes as text.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A value as text. A timestamp is replaced by a constant, because it differs each time the code runs.
fn stable(value: &Value) -> String {
    let text = format!("{value:?}");
    if text.starts_with("Chrono") || text.starts_with("Time") { "a moment".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use sea_orm::DbBackend;

    use super::*;

    #[test]
    fn a_long_statement_is_kept_in_part_and_known_as_a_whole() {
        let statement = |end: &str| {
            Statement::from_string(DbBackend::MySql, format!("INSERT INTO a VALUES ('{}{end}')", "é".repeat(KEPT)))
        };
        let entry = JournalEntry::started("r", 1, &statement("a"));
        assert!(entry.sql.len() <= KEPT + "…".len() && entry.sql.ends_with('…'), "{}", entry.sql.len());
        assert!(entry.is_same(&statement("a")) && !entry.is_same(&statement("b")));
        let short = Statement::from_string(DbBackend::MySql, "DELETE FROM a");
        assert_eq!(JournalEntry::started("r", 1, &short).sql, "DELETE FROM a");
    }
}
