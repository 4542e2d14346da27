//! Everything that can keep a program from migrating, as data.

use chrono::{DateTime, Utc};
use sea_orm::DbErr;
use seachange_graph::fault::quoted;
use seachange_graph::{
    AppliedError, Direction, Faults, HistoryError, PlanError, RangeError, ResolveError, TargetError,
};
use thiserror::Error;

use crate::adopt::AdoptError;
use crate::connection::ConnectError;
use crate::database_error::reason;
use crate::runner::Failure;

/// Why a migration did not happen.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// No connection to the database.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The revisions of the program make no graph.
    #[error(transparent)]
    Graph(#[from] Faults),
    /// A text that is no target.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// A text that is no range.
    #[error(transparent)]
    Range(#[from] RangeError),
    /// A target that means nothing in the graph, or too much.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// A range without revisions, or with an end that means nothing.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// A target that cannot be reached.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// What the database has applied does not fit the graph.
    #[error(transparent)]
    Applied(#[from] AppliedError),
    /// Applied revisions have other code now, and nobody may be surprised by that.
    #[error("{}", edited(revisions))]
    Edited {
        /// The revisions, in the order in which they run.
        revisions: Vec<String>,
    },
    /// The record of another tool cannot be taken over.
    #[error(transparent)]
    Adopt(#[from] AdoptError),
    /// An earlier run was interrupted in the middle of a revision, on a database that cannot roll it back.
    #[error("the {direction} of `{revision}` that started at {} did not finish", started_at.format("%Y-%m-%d %H:%M:%S UTC"))]
    Interrupted {
        /// The revision.
        revision: String,
        /// What was being done.
        direction: Direction,
        /// When it started.
        started_at: DateTime<Utc>,
    },
    /// A table with the name of ours has other columns.
    #[error("the table `{table}` is not seachange's: {}", reason(.source))]
    ForeignTable {
        /// The name of the table.
        table: String,
        /// What the database said.
        source: DbErr,
    },
    /// The database refused what the engine itself asked of it.
    #[error("{doing}: {}", reason(.source))]
    Database {
        /// What the engine was about to do.
        doing: &'static str,
        /// What the database said.
        source: DbErr,
    },
    /// A revision failed.
    #[error(transparent)]
    Failed(#[from] Box<Failure>),
    /// The database is behind the program, and nobody asked to migrate it.
    #[error("the database is behind this program: {} pending", quoted(pending))]
    Behind {
        /// The pending revisions, in the order in which they would run.
        pending: Vec<String>,
    },
}

impl Error {
    /// Wraps what the database said while the engine did something of its own.
    pub(crate) fn database(doing: &'static str) -> impl FnOnce(DbErr) -> Self {
        move |source| Self::Database { doing, source }
    }
}

fn edited(revisions: &[String]) -> String {
    let names = quoted(revisions);
    match revisions.len() {
        1 => format!("{names} was edited after it was applied"),
        _ => format!("{names} were edited after they were applied"),
    }
}
