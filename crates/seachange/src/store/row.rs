//! One row of the record.

use chrono::{DateTime, NaiveDateTime, Utc};
use sea_orm::{DbErr, QueryResult};
use seachange_graph::{Direction, Revision};

use crate::revision::RegisteredRevision;

/// Appended to the program in the row of a revision that a script began: a script keeps no journal.
const OF_SCRIPT: &str = " (script)";

/// The row of one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RevisionRow {
    /// The id.
    pub revision: String,
    /// The parents it had when it was applied.
    pub down_revision: Vec<String>,
    /// The dependencies it had when it was applied.
    pub depends_on: Vec<String>,
    /// The hash of its file when it was applied.
    pub source_hash: String,
    /// Whether it is applied, or was begun and not finished.
    pub state: RevisionRowState,
    /// When the run that wrote this row started the revision.
    pub started_at: DateTime<Utc>,
    /// When it was finished.
    pub finished_at: Option<DateTime<Utc>>,
    /// How long it took, in milliseconds; `None` when it was stamped, or is not finished.
    pub duration_ms: Option<i64>,
    /// The name and version of the program that wrote the row.
    pub program: String,
}

/// The state of a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevisionRowState {
    /// Applied completely.
    Applied,
    /// Begun by an upgrade that did not record its end.
    Upgrading,
    /// Begun by a downgrade that did not record its end.
    Downgrading,
}

impl RevisionRowState {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Upgrading => "upgrading",
            Self::Downgrading => "downgrading",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Applied, Self::Upgrading, Self::Downgrading].into_iter().find(|state| state.as_str() == word)
    }
}

impl RevisionRow {
    /// Whether the revision is applied completely.
    pub fn is_applied(&self) -> bool {
        self.state == RevisionRowState::Applied
    }

    /// The row of a revision that is applied as of now.
    #[must_use]
    pub(crate) fn applied_now(self) -> Self {
        Self { state: RevisionRowState::Applied, finished_at: Some(Utc::now()), ..self }
    }

    /// The program in the row of a revision that a script begins.
    pub(crate) fn script_of(program: &str) -> String {
        format!("{program}{OF_SCRIPT}")
    }

    /// Whether a script has begun the revision and not finished it.
    pub(crate) fn was_begun_by_sql_script(&self) -> bool {
        !self.is_applied() && self.program.ends_with(OF_SCRIPT)
    }

    /// The row of a revision that starts now. A dependency on a label is recorded by its id.
    pub(crate) fn started(revision: &Revision, source_hash: &str, state: RevisionRowState, program: &str) -> Self {
        Self {
            revision: revision.id.clone(),
            down_revision: revision.down_revision.clone(),
            depends_on: revision.depends_on.clone(),
            source_hash: source_hash.to_owned(),
            state,
            started_at: Utc::now(),
            finished_at: None,
            duration_ms: None,
            program: program.to_owned(),
        }
    }

    /// Whether the revision is applied, and its file has other code now.
    pub(crate) fn is_edited(&self, script: &RegisteredRevision) -> bool {
        self.state == RevisionRowState::Applied && self.source_hash != script.source_hash
    }

    /// The direction of the step, if it was interrupted.
    pub(crate) fn direction(&self) -> Direction {
        if self.state == RevisionRowState::Downgrading { Direction::Downgrade } else { Direction::Upgrade }
    }

    /// All ids that the revision points at.
    pub(crate) fn pointers(&self) -> Vec<&str> {
        self.down_revision.iter().chain(&self.depends_on).map(String::as_str).collect()
    }

    /// Reads a row whose first columns are those of the table, in their order.
    pub(super) fn read(result: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            revision: result.try_get_by_index(0)?,
            down_revision: split(&result.try_get_by_index::<String>(1)?),
            depends_on: split(&result.try_get_by_index::<String>(2)?),
            source_hash: result.try_get_by_index(3)?,
            state: state(&result.try_get_by_index::<String>(4)?)?,
            started_at: result.try_get_by_index(5)?,
            finished_at: result.try_get_by_index(6)?,
            duration_ms: result.try_get_by_index(7)?,
            program: result.try_get_by_index(8)?,
        })
    }

    /// Reads rows of SQLite from JSON: a list of lists, each with the columns in their order.
    pub(super) fn read_all(rows: &str) -> Result<Vec<Self>, DbErr> {
        let rows: Vec<SqliteRow> = serde_json::from_str(rows)
            .map_err(|error| DbErr::Type(format!("the record holds an invalid row: {error}")))?;
        rows.into_iter().map(Self::from_columns).collect()
    }

    fn from_columns(columns: SqliteRow) -> Result<Self, DbErr> {
        let (revision, down, depends, source_hash, word, started, finished, duration_ms, program) = columns;
        Ok(Self {
            revision,
            down_revision: split(&down),
            depends_on: split(&depends),
            source_hash,
            state: state(&word)?,
            started_at: moment(&started)?,
            finished_at: finished.as_deref().map(moment).transpose()?,
            duration_ms,
            program,
        })
    }
}

/// A row in the JSON of SQLite.
type SqliteRow = (String, String, String, String, String, String, Option<String>, Option<i64>, String);

fn state(word: &str) -> Result<RevisionRowState, DbErr> {
    RevisionRowState::parse(word).ok_or_else(|| DbErr::Type(format!("`{word}` is not a state of a revision")))
}

/// A timestamp of SQLite: text in the format of RFC 3339, or without an offset, which means UTC, as SQLite's functions
/// write it.
fn moment(text: &str) -> Result<DateTime<Utc>, DbErr> {
    let without_offset =
        || NaiveDateTime::parse_from_str(&text.replace('T', " "), "%F %T%.f").map(|moment| moment.and_utc());
    text.parse().or_else(|_| without_offset()).map_err(|_| DbErr::Type(format!("`{text}` is not a timestamp")))
}

/// Ids contain no comma, so a comma separates them.
fn split(ids: &str) -> Vec<String> {
    ids.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_the_engine_and_of_sqlite() {
        let noon = "2026-11-21T12:00:00.25Z";
        for text in [
            noon,
            "2026-11-21T12:00:00.250000000+00:00",
            "2026-11-21 12:00:00.250 +00:00",
            "2026-11-21 13:00:00.250+01:00",
            "2026-11-21 12:00:00.250",
            "2026-11-21T12:00:00.25",
        ] {
            assert_eq!(
                moment(text).map(|moment| moment.to_rfc3339()),
                Ok("2026-11-21T12:00:00.250+00:00".to_owned()),
                "{text}"
            );
        }
        for text in ["", "noon", "2026-11-21"] {
            assert!(moment(text).is_err(), "{text}");
        }
    }
}
