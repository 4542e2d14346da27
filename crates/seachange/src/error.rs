//! Everything that can keep a program from migrating, as data.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::DbErr;
use seachange_graph::error::quoted;
use seachange_graph::{
    AppliedError, Direction, GraphErrors, HistoryError, ParseTargetError, Plan, PlanError, RangeError, ResolveError,
    Target,
};
use thiserror::Error;

use crate::adopt::{AdoptError, MigrationTool};
use crate::connection::ConnectError;
use crate::database_error::{full_reason, is_lost_connection};
use crate::migrator::InterruptedRevision;
use crate::offline::ScriptError;
use crate::report::Report;
use crate::runner::{FailureCause, RevisionFailure};
use crate::store::{Holder, RevisionRow};

/// Why a migration did not happen.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// No connection to the database.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The revisions of the program make no graph.
    #[error(transparent)]
    Graph(#[from] GraphErrors),
    /// A text that is no target.
    #[error(transparent)]
    Target(#[from] ParseTargetError),
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
    /// An earlier run was interrupted in the middle of a revision, and the database could not roll it back.
    #[error("the {direction} of `{revision}` that started at {} did not finish", started_at.format("%Y-%m-%d %H:%M:%S UTC"))]
    Interrupted {
        /// The revision.
        revision: String,
        /// What was being done.
        direction: Direction,
        /// When it started.
        started_at: DateTime<Utc>,
        /// What the journal knows of it, where it was asked: a run asks, under its lock.
        known: Option<Box<InterruptedRevision>>,
    },
    /// It takes a person to say whether the statement took effect in which a revision was interrupted.
    #[error("statement {} of `{}` may have taken effect or not", number(interruption), interruption.revision)]
    InDoubt {
        /// What was interrupted.
        interruption: Box<InterruptedRevision>,
    },
    /// There is nothing to repair.
    #[error("no revision was interrupted")]
    NotInterrupted,
    /// The program has no such revision.
    #[error("this program has no revision `{revision}`")]
    UnknownRevision {
        /// The revision.
        revision: String,
    },
    /// Another run is in the middle of a revision, on a database that cannot roll it back.
    #[error("the {direction} of `{revision}` that started at {} is running", started_at.format("%Y-%m-%d %H:%M:%S UTC"))]
    Running {
        /// The revision.
        revision: String,
        /// What is being done.
        direction: Direction,
        /// When it started.
        started_at: DateTime<Utc>,
    },
    /// Somebody else had the database for longer than this run was to wait.
    #[error("{} after {:.1} s of waiting", holder_text(holder.as_deref()), waited.as_secs_f64())]
    LockTimeout {
        /// Who has it, where it can be told.
        holder: Option<Box<Holder>>,
        /// How long this run waited.
        waited: Duration,
    },
    /// A request to stop ended the wait for somebody else.
    #[error("stopped after {:.1} s of waiting", waited.as_secs_f64())]
    Stopped {
        /// How long this run waited.
        waited: Duration,
    },
    /// The database cannot limit how long a statement takes.
    #[error("{system} cannot limit how long a statement takes")]
    NoStatementTimeout {
        /// The name of the database system.
        system: &'static str,
    },
    /// The steps cannot all run in one transaction.
    #[error("{}", no_single_transaction_text(system, revision.as_deref()))]
    NoSingleTransaction {
        /// The name of the database system.
        system: &'static str,
        /// The revision that runs outside of transactions; without one, the system has none for changes of tables.
        revision: Option<String>,
    },
    /// The lock that keeps other runs out is gone: the session that held it ended, or a pooler gave it to others.
    #[error("{}", lost(*.is_pooled))]
    LockLost {
        /// Whether the statements of one connection arrive in several sessions.
        is_pooled: bool,
    },
    /// Another run has changed what the next step needs, where runs take turns.
    #[error("another run has changed the database, and `{revision}` is not the next step any more")]
    Overtaken {
        /// The revision that was next.
        revision: String,
    },
    /// A table with the name of ours has other columns.
    #[error("the table `{table}` is not seachange's: {}", full_reason(.source))]
    ForeignTable {
        /// The name of the table.
        table: String,
        /// What the database said.
        source: DbErr,
    },
    /// The search path leads to a record of which this program knows no revision, in another schema than the current one.
    #[error("the record in schema `{schema}` is of another program, and the current schema is `{current}`")]
    RecordElsewhere {
        /// The schema of the record.
        schema: String,
        /// The schema in which the session makes new tables.
        current: String,
    },
    /// No second connection can be opened to what the engine was lent.
    #[error("{}", not_reopenable(*.is_memory))]
    NotReopenable {
        /// Whether it is a database in memory, with a pool that may hold several connections.
        is_memory: bool,
    },
    /// The database refused what the engine itself asked of it.
    #[error("{doing}: {}", full_reason(.source))]
    Database {
        /// What the engine was about to do.
        doing: &'static str,
        /// What the database said.
        source: DbErr,
    },
    /// The server is a standby of PostgreSQL's, which takes no writes.
    #[error("{}", standby(primary.as_deref()))]
    Standby {
        /// Where the primary listens, if this user may know.
        primary: Option<String>,
        /// What failed.
        source: Box<Error>,
    },
    /// A run failed as it does when another node of a Galera cluster is migrated at the same time: the lock does not hold there.
    #[error(
        "{source}; the lock of a run holds on one node of a Galera cluster only, and another node may run the same"
    )]
    OneNodeOnly {
        /// What failed.
        source: Box<Error>,
    },
    /// Another tool has migrated the database, and nothing of it is recorded here, so that all would be applied again.
    #[error("{}", unadopted(*tool, table, *rows))]
    Unadopted {
        /// The tool.
        tool: MigrationTool,
        /// The table of its record.
        table: String,
        /// The number of its rows.
        rows: usize,
    },
    /// A revision failed.
    #[error(transparent)]
    Failed(#[from] Box<RevisionFailure>),
    /// A script was interrupted in the middle of a revision. It keeps no journal, so that nothing can be resumed.
    #[error("`{}` was begun by a script, and nobody wrote down which of its statements took effect", interruption.revision)]
    Unjournalled {
        /// What is known of it.
        interruption: Box<InterruptedRevision>,
    },
    /// A revision that cannot be written as a script.
    #[error(transparent)]
    Uncaptured(#[from] Box<ScriptError>),
    /// A script was asked for from a place that only a database knows.
    #[error("a script cannot start at `{target}`: where that is only the database knows, which is not asked")]
    UnknownStart {
        /// The place.
        target: Target,
    },
    /// The database is behind the program, and nobody asked to migrate it.
    #[error("the database is behind this program: {} pending", quoted(pending))]
    Behind {
        /// The pending revisions, in the order in which they would run.
        pending: Vec<String>,
    },
}

impl Error {
    /// Whether it is the way to the database that failed: whoever asks again waits for nothing.
    pub(crate) fn is_lost_connection(&self) -> bool {
        match self {
            Self::Failed(failure) => {
                matches!(&failure.cause, FailureCause::Database(error) if is_lost_connection(error))
            }
            Self::Database { source, .. } => is_lost_connection(source),
            _ => false,
        }
    }

    /// An error that ends a run after some of its steps.
    pub(crate) fn with_progress(mut self, report: &Report, plan: &Plan) -> Self {
        if let Self::Failed(failure) = &mut self {
            failure.done = report.done.len();
            failure.of = plan.len();
        }
        self
    }

    /// A revision whose row says that it was begun. What it has done is not known yet.
    pub(crate) fn interrupted(row: &RevisionRow) -> Self {
        Self::Interrupted {
            revision: row.revision.clone(),
            direction: row.direction(),
            started_at: row.started_at,
            known: None,
        }
    }

    /// Wraps what the database said while the engine did something of its own.
    pub(crate) fn database(doing: &'static str) -> impl FnOnce(DbErr) -> Self {
        move |source| Self::Database { doing, source }
    }
}

fn not_reopenable(is_memory: bool) -> &'static str {
    if is_memory {
        "each connection of this pool has a database in memory of its own"
    } else {
        "the engine cannot open a connection of its own beside the one that it was lent"
    }
}

fn edited(revisions: &[String]) -> String {
    let names = quoted(revisions);
    match revisions.len() {
        1 => format!("{names} was edited after it was applied"),
        _ => format!("{names} were edited after they were applied"),
    }
}

fn holder_text(holder: Option<&Holder>) -> &'static str {
    match holder {
        Some(_) => "another run is still at work on the database",
        None => "somebody else is still writing to the database",
    }
}

fn standby(primary: Option<&str>) -> String {
    let primary = primary.map(|primary| format!("; its primary is at `{primary}`")).unwrap_or_default();
    format!("this server is a standby, which takes no writes{primary}")
}

fn unadopted(tool: MigrationTool, table: &str, rows: usize) -> String {
    let rows = if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
    format!("{} has migrated this database: `{table}` has {rows}, and no revision is recorded as applied", tool.name())
}

fn no_single_transaction_text(system: &str, revision: Option<&str>) -> String {
    match revision {
        Some(revision) => format!("`{revision}` runs outside of transactions, and cannot be part of a single one"),
        None => format!("{system} cannot run revisions in a single transaction"),
    }
}

fn lost(is_pooled: bool) -> &'static str {
    if is_pooled {
        "the statements of this connection arrive in several sessions of the server"
    } else {
        "the lock that keeps other runs out is gone"
    }
}

fn number(interruption: &InterruptedRevision) -> i64 {
    interruption.in_doubt.as_ref().map_or(0, |(entry, _)| entry.number)
}
