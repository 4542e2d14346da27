//! Every error that can prevent a migration, as data.

mod adopt;
mod backfill;
mod failure;
mod interruption;
mod lease;
mod refusal;
mod script;
mod synchronise;

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::DbErr;
use seachange_graph::error::quoted;
use seachange_graph::{
    AppliedError, Direction, GraphErrors, HistoryError, ParseTargetError, Plan, PlanError, RangeError, ResolveError,
    Target,
};
use thiserror::Error;

pub use adopt::{AdoptError, MigrationTool};
pub use backfill::BackfillError;
pub use failure::{FailureCause, Leftover, RevisionFailure};
pub use interruption::InterruptedRevision;
pub use lease::LeaseEnd;
pub use refusal::Refusal;
pub use script::{ReadKind, ScriptError, ScriptErrorKind};
pub use synchronise::{CascadingKey, SynchroniseError};

use crate::connection::ConnectError;
use crate::database_error::{full_reason, is_lost_connection};
use crate::report::Report;
use crate::store::{DowngradeObstacle, Holder, RevisionRow};

/// Why a stored downgrade cannot run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DowngradeRefusal {
    /// None is stored.
    #[error("none is stored; an offline script or an earlier version of seachange applied the revision")]
    NotStored,
    /// There are no statements.
    #[error("{0}")]
    Obstacle(DowngradeObstacle),
    /// It was captured for another database system.
    #[error("it was captured for {stored}, and this database is {system}")]
    OtherSystem {
        /// The system for which it was captured.
        stored: String,
        /// The system of the database.
        system: &'static str,
    },
    /// The revision was applied with other code than that of the downgrade.
    #[error("it belongs to other code of the revision than the code that was applied")]
    OtherCode,
    /// The revision was reverted and applied again since the downgrade was read.
    #[error("another run has applied the revision again in the meantime")]
    AppliedAnew,
}

/// Why a migration did not happen.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The connection to the database failed.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The revisions of the program do not form a valid graph.
    #[error(transparent)]
    Graph(#[from] GraphErrors),
    /// A text is not a valid target.
    #[error(transparent)]
    Target(#[from] ParseTargetError),
    /// A text is not a valid range.
    #[error(transparent)]
    Range(#[from] RangeError),
    /// A target names no revision of the graph, or is ambiguous.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// A range contains no revision, or an end of it names none.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// A target that cannot be reached.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The applied revisions in the record do not match the graph.
    #[error(transparent)]
    Applied(#[from] AppliedError),
    /// Applied revisions have other code now, and the options refuse that.
    #[error("{}", edited(revisions))]
    Edited {
        /// The revisions, in the order in which they run.
        revisions: Vec<String>,
    },
    /// The record of another tool cannot be taken over.
    #[error(transparent)]
    Adopt(#[from] AdoptError),
    /// A backfill was refused, stopped or failed.
    #[error(transparent)]
    Backfill(#[from] BackfillError),
    /// An earlier run was interrupted while it executed a revision, and the database could not roll it back.
    #[error("the {direction} of `{revision}` that started at {} did not finish", started_at.format("%Y-%m-%d %H:%M:%S UTC"))]
    Interrupted {
        /// The revision.
        revision: String,
        /// The direction of the step.
        direction: Direction,
        /// When it started.
        started_at: DateTime<Utc>,
        /// What the journal knows of the revision. Only a run fills it in, under its lock.
        known: Option<Box<InterruptedRevision>>,
    },
    /// The user has to say whether the statements took effect of which this is unknown.
    #[error("{} of `{}` may have taken effect or not", interruption.doubtful(), interruption.revision)]
    InDoubt {
        /// The interrupted revision.
        interruption: Box<InterruptedRevision>,
    },
    /// No revision was interrupted, so there is nothing to repair.
    #[error("no revision was interrupted")]
    NotInterrupted,
    /// The program has no such revision.
    #[error("this program has no revision `{revision}`")]
    UnknownRevision {
        /// The revision.
        revision: String,
    },
    /// A revision that the program does not have is to be reverted, and its stored downgrade cannot run.
    #[error("the downgrade of `{revision}` cannot run here: {reason}")]
    NoStoredDowngrade {
        /// The revision.
        revision: String,
        /// Why it cannot run.
        reason: Box<DowngradeRefusal>,
    },
    /// The database has rows of revisions that a squash revision replaces, and none of the squash revision.
    #[error("the squash revision `{squash}` is not recorded, and the database has rows of revisions that it replaces")]
    SquashNotRecorded {
        /// The squash revision.
        squash: String,
    },
    /// Another run is executing a revision, on a database that cannot roll it back.
    #[error("the {direction} of `{revision}` that started at {} is running", started_at.format("%Y-%m-%d %H:%M:%S UTC"))]
    Running {
        /// The revision.
        revision: String,
        /// The direction of the step.
        direction: Direction,
        /// When it started.
        started_at: DateTime<Utc>,
    },
    /// Another session used the database for longer than the lock timeout of this run.
    #[error("{} after {:.1} s of waiting", holder_text(holder.as_deref()), waited.as_secs_f64())]
    LockTimeout {
        /// The run that holds the lock, if it is known.
        holder: Option<Box<Holder>>,
        /// How long this run waited.
        waited: Duration,
    },
    /// A request to stop ended the wait for another session.
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
        /// The revision that runs outside of transactions; `None` when the system cannot roll back changes of tables.
        revision: Option<String>,
    },
    /// The lock that excludes other runs is lost: the session that held it ended, or a pooler gave the session to other
    /// clients.
    #[error("{}", lost(*.is_pooled))]
    LockLost {
        /// Whether a pooler sends the statements of one connection to several sessions.
        is_pooled: bool,
    },
    /// On a cluster, the lease that excludes other runs ended before the run did. The run sends nothing any more.
    #[error("{end}")]
    LeaseEnded {
        /// Why it ended.
        end: LeaseEnd,
    },
    /// On a single-writer database, another run has changed the revisions on which the next step depends.
    #[error("another run has changed the database, and `{revision}` is not the next step any more")]
    Overtaken {
        /// The revision that was next.
        revision: String,
    },
    /// A table with the name of the record has other columns.
    #[error("the table `{table}` is not seachange's: {}", full_reason(.source))]
    ForeignTable {
        /// The name of the table.
        table: String,
        /// What the database said.
        source: DbErr,
    },
    /// In the search path, the first record is in another schema than the current one, and holds no revision of this
    /// program.
    #[error("the record in schema `{schema}` is of another program, and the current schema is `{current}`")]
    RecordElsewhere {
        /// The schema of that record.
        schema: String,
        /// The schema in which the session creates tables.
        current: String,
    },
    /// The engine cannot open a second connection to the database of the pool that the caller passed.
    #[error("{}", not_reopenable(*.is_memory))]
    NotReopenable {
        /// Whether it is a database in memory with a pool that may hold several connections.
        is_memory: bool,
    },
    /// The database refused a statement of the engine itself.
    #[error("{doing}: {}", full_reason(.source))]
    Database {
        /// What the engine was about to do.
        doing: &'static str,
        /// What the database said.
        source: DbErr,
    },
    /// The server is a standby of PostgreSQL, which accepts no writes.
    #[error("{}", standby(primary.as_deref()))]
    Standby {
        /// The address of the primary, if this user may read it.
        primary: Option<String>,
        /// The error of the run.
        source: Box<Error>,
    },
    /// Another database of a run that commits everywhere or nowhere did not succeed.
    #[error("it was prepared, and rolled back, because another target did not succeed")]
    RolledBackTogether,
    /// A prepared transaction of a run that commits everywhere or nowhere was neither committed nor rolled back.
    #[error("its transaction `{transaction}` is prepared, and neither committed nor rolled back{}", because(source.as_ref()))]
    StillPrepared {
        /// The name of the prepared transaction.
        transaction: String,
        /// What the database said.
        source: Option<DbErr>,
    },
    /// Another tool has migrated the database, and no revision is recorded, so that the upgrade would apply all of them
    /// again.
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
    /// A script was interrupted while it executed a revision. It keeps no journal, so that the engine cannot resume the
    /// revision.
    #[error(
        "`{}` was begun by a script, which keeps no journal: it is unknown which of its statements took effect",
        interruption.revision
    )]
    Unjournalled {
        /// The interrupted revision.
        interruption: Box<InterruptedRevision>,
    },
    /// A revision cannot be written as a script.
    #[error(transparent)]
    Uncaptured(#[from] Box<ScriptError>),
    /// The start of a script is a target that only the record of a database defines.
    #[error(
        "a script cannot start at `{target}`: only the database knows where that is, and a script does not query it"
    )]
    UnknownStart {
        /// The target.
        target: Target,
    },
    /// The database is behind the program, and the caller did not ask to migrate it.
    #[error("the database is behind this program: {} pending", quoted(pending))]
    Behind {
        /// The pending revisions, in the order in which they would run.
        pending: Vec<String>,
    },
}

impl Error {
    /// Whether the connection to the database is lost, so that another statement would wait in vain.
    pub(crate) fn is_lost_connection(&self) -> bool {
        match self {
            Self::Failed(failure) => {
                matches!(&failure.cause, FailureCause::Database(error) if is_lost_connection(error))
            }
            Self::Database { source, .. } => is_lost_connection(source),
            _ => false,
        }
    }

    /// Adds the progress of the run to the error of a step.
    pub(crate) fn with_progress(mut self, report: &Report, plan: &Plan) -> Self {
        if let Self::Failed(failure) = &mut self {
            failure.done = report.done.len();
            failure.of = plan.len();
        }
        self
    }

    /// The error for a revision whose row says that it was begun, without what the journal knows of it.
    pub(crate) fn interrupted(row: &RevisionRow) -> Self {
        Self::Interrupted {
            revision: row.revision.clone(),
            direction: row.direction(),
            started_at: row.started_at,
            known: None,
        }
    }

    /// Wraps an error of the database for a statement of the engine itself.
    pub(crate) fn database(doing: &'static str) -> impl FnOnce(DbErr) -> Self {
        move |source| Self::Database { doing, source }
    }
}

fn not_reopenable(is_memory: bool) -> &'static str {
    if is_memory {
        "each connection of this pool has its own database in memory"
    } else {
        "the engine cannot open its own connection beside the one that the program passed to it"
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
        None => "another session is still writing to the database",
    }
}

fn because(source: Option<&DbErr>) -> String {
    source.map(|source| format!(": {}", full_reason(source))).unwrap_or_default()
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
