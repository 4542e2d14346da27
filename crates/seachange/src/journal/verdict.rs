//! Whether a statement that was begun took effect, as the catalogue has it.

use std::fmt;

use sea_orm::{DatabaseConnection, DbErr};

use super::Entry;
use super::trace::Trace;
use crate::backend::Backend;

/// Whether a statement that was begun took effect.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It did, as this shows.
    Ran(String),
    /// It did not, as this shows.
    NotRun(String),
    /// It did in part.
    Half(String),
    /// The catalogue does not tell.
    Unknown,
}

/// How an object is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    Present,
    Absent,
    /// It is listed, and of no use: an index whose concurrent build did not finish.
    #[cfg_attr(
        not(any(feature = "postgres", feature = "sqlite")),
        expect(dead_code, reason = "MySQL and MariaDB list nothing that they did not finish")
    )]
    Unusable,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ran(why) => write!(f, "it took effect: {why}"),
            Self::NotRun(why) => write!(f, "it did not take effect: {why}"),
            Self::Half(why) => write!(f, "it took effect in part: {why}"),
            Self::Unknown => f.write_str("the catalogue does not tell whether it took effect"),
        }
    }
}

/// Asks the catalogue for the traces of a statement.
pub(crate) async fn judge(
    entry: &Entry,
    connection: &DatabaseConnection,
    backend: &dyn Backend,
) -> Result<Verdict, DbErr> {
    let traces = backend.traces(&entry.sql);
    let mut findings = Vec::new();
    for trace in &traces {
        findings.push(find(trace, backend.presence(connection, &trace.object).await?));
    }
    Ok(conclude(&findings))
}

/// One trace: whether it speaks for the statement (nothing when it is half there), and in words.
fn find(trace: &Trace, presence: Presence) -> (Option<bool>, String) {
    let object = &trace.object;
    match presence {
        Presence::Present => (Some(trace.is_there), format!("{object} is there")),
        Presence::Absent => (Some(!trace.is_there), format!("{object} is not there")),
        Presence::Unusable => (None, format!("{object} is there, but was not built to its end")),
    }
}

fn conclude(findings: &[(Option<bool>, String)]) -> Verdict {
    if findings.is_empty() {
        return Verdict::Unknown;
    }
    let why = findings.iter().map(|(_, words)| words.as_str()).collect::<Vec<_>>().join(", ");
    if findings.iter().all(|(speaks_for, _)| *speaks_for == Some(true)) {
        Verdict::Ran(why)
    } else if findings.iter().all(|(speaks_for, _)| *speaks_for == Some(false)) {
        Verdict::NotRun(why)
    } else {
        Verdict::Half(why)
    }
}
