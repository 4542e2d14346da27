//! The part of one database in a run over several databases that commit together.
//!
//! Each database prepares its transaction and votes. Only when all have prepared, the first one commits: its transaction
//! holds a row that says so, and with this commit the decision is taken. Then the others commit. What a run leaves that is
//! killed in between is decided by that row: with it the prepared transactions are committed, without it they are rolled back.

use std::sync::atomic::{AtomicBool, Ordering};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};
use tokio::sync::{mpsc, watch};

use crate::backend::Backend;
use crate::error::Error;
use crate::report::Report;
use crate::run_context::{PreparedTransaction, RunContext};
use crate::session::WorkSession;
use crate::store::RevisionStore;

const DECIDING: &str = "cannot decide about a prepared transaction";

/// What becomes of the prepared transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Not all have voted.
    Open,
    /// The one with the row of the decision commits.
    First,
    /// All commit.
    Commit,
    /// All are rolled back.
    RollBack,
    /// It is unknown whether the decision was taken: they stay prepared.
    Unknown,
}

/// One database of the run.
#[derive(Debug)]
pub(crate) struct Participant {
    transaction: PreparedTransaction,
    /// Whether its commit is the decision.
    is_first: bool,
    has_voted: AtomicBool,
    is_prepared: AtomicBool,
    votes: mpsc::UnboundedSender<bool>,
    verdict: watch::Receiver<Verdict>,
    /// Where the first one tells whether its commit is known to have succeeded.
    decided: mpsc::UnboundedSender<bool>,
}

impl Participant {
    pub(crate) fn new(
        transaction: PreparedTransaction,
        is_first: bool,
        votes: mpsc::UnboundedSender<bool>,
        verdict: watch::Receiver<Verdict>,
        decided: mpsc::UnboundedSender<bool>,
    ) -> Self {
        Self {
            transaction,
            is_first,
            has_voted: AtomicBool::new(false),
            is_prepared: AtomicBool::new(false),
            votes,
            verdict,
            decided,
        }
    }

    /// Whether its transaction was prepared.
    pub(crate) fn is_prepared(&self) -> bool {
        self.is_prepared.load(Ordering::Relaxed)
    }

    pub(crate) fn transaction(&self) -> &PreparedTransaction {
        &self.transaction
    }

    /// Votes, once.
    pub(crate) fn vote(&self, is_prepared: bool) {
        if !self.has_voted.swap(true, Ordering::Relaxed) {
            let _ = self.votes.send(is_prepared);
        }
    }

    /// Votes with the outcome of the run, waits for the verdict, and carries it out. The lock of the run is held meanwhile.
    ///
    /// # Errors
    ///
    /// That of the run; [`Error::RolledBackTogether`], [`Error::StillPrepared`].
    pub(super) async fn conclude(
        &self,
        context: RunContext<'_>,
        work: &WorkSession,
        outcome: Result<Report, Error>,
    ) -> Result<Report, Error> {
        let report = match outcome {
            Ok(report) if !report.done.is_empty() => report,
            other => {
                self.vote(other.as_ref().is_ok_and(|report| !report.was_stopped()));
                return other;
            }
        };
        self.is_prepared.store(true, Ordering::Relaxed);
        self.vote(true);
        let mut verdict = self.verdict.clone();
        let mine = if self.is_first { Verdict::First } else { Verdict::Commit };
        let decided = verdict.wait_for(|own| *own == mine || matches!(own, Verdict::RollBack | Verdict::Unknown)).await;
        let decided = decided.map_or(Verdict::Unknown, |own| *own);
        let name = context.backend.text_literal(&self.transaction.name);
        let still = |source| Error::StillPrepared { transaction: self.transaction.name.clone(), source };
        match decided {
            Verdict::RollBack => {
                let rolled_back = work.execute(&format!("ROLLBACK PREPARED {name}")).await;
                rolled_back.map_err(|error| still(Some(error)))?;
                Err(Error::RolledBackTogether)
            }
            Verdict::First | Verdict::Commit => {
                let committed = work.execute(&format!("COMMIT PREPARED {name}")).await;
                if self.is_first {
                    // An error leaves it prepared, or the connection was lost, and the outcome is unknown.
                    let _ = self.decided.send(committed.is_ok());
                }
                committed.map_err(|error| still(Some(error)))?;
                Ok(report)
            }
            Verdict::Open | Verdict::Unknown => Err(still(None)),
        }
    }
}

/// The names of the prepared transactions of this database that begin with `prefix`.
///
/// # Errors
///
/// What the database says.
pub(crate) async fn prepared_transactions(
    connection: &DatabaseConnection,
    backend: &dyn Backend,
    prefix: &str,
) -> Result<Vec<String>, DbErr> {
    let prefix = backend.text_literal(prefix);
    let sql = format!(
        "SELECT gid FROM pg_catalog.pg_prepared_xacts
        WHERE database = pg_catalog.current_database() AND pg_catalog.starts_with(gid, {prefix})"
    );
    let rows = connection.query_all_raw(Statement::from_string(connection.get_database_backend(), sql)).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// Whether the row of the decision to commit a run is in the record of this database.
///
/// # Errors
///
/// What the database says.
pub(crate) async fn committed(
    connection: &DatabaseConnection,
    backend: &dyn Backend,
    store: &RevisionStore,
    run: &str,
) -> Result<bool, DbErr> {
    let sql = format!(
        "SELECT 1 FROM {} WHERE run = {}",
        store.decisions().quoted(backend.sql_dialect()),
        backend.text_literal(run)
    );
    match connection.query_one_raw(Statement::from_string(connection.get_database_backend(), sql)).await {
        Ok(row) => Ok(row.is_some()),
        Err(error) if backend.is_missing_table(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Commits or rolls back a prepared transaction of this database that a run left.
///
/// # Errors
///
/// What the database says.
pub(crate) async fn settle(
    connection: &DatabaseConnection,
    backend: &dyn Backend,
    transaction: &str,
    commits: bool,
) -> Result<(), Error> {
    let verb = if commits { "COMMIT" } else { "ROLLBACK" };
    let sql = format!("{verb} PREPARED {}", backend.text_literal(transaction));
    connection.execute_unprepared(&sql).await.map(drop).map_err(Error::database(DECIDING))
}
