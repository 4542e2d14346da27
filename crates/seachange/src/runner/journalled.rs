//! Runs a revision that no transaction can hold. The row says that the revision was begun before it says that it is
//! finished, and the journal holds the statements in between.

use std::sync::atomic::Ordering;
use std::time::Instant;

use sea_orm::DbErr;
use seachange_graph::Direction;

use super::step::{StepAvailability, StepError, StepOutcome};
use super::transactional::WriteRole;
use super::{Runner, StepContext};
use crate::database_error::is_lost_connection;
use crate::error::{Error, Leftover, RevisionFailure};
use crate::intercept::RunOutcome;
use crate::journal::{FinishedEntries, JournalTarget, JournalledSession, StatementState};
use crate::limits::Limit;
use crate::run_context::RunContext;
use crate::session::{Connection, DirectSession};
use crate::store::{RevisionRow, RevisionRowState, check_one};

/// The result of the code of a revision.
struct CodeResult {
    /// How many statements took effect.
    statements: usize,
    /// Whether the record says that the revision was begun.
    is_written: bool,
    /// The role under which the session writes.
    role: WriteRole,
}

/// The row of a revision that begins, and whether it is written yet.
struct InProgressRow {
    /// The row while the revision runs.
    row: RevisionRow,
    /// The row as it was before a downgrade.
    before: Option<RevisionRow>,
    /// The statement that writes the row, if it is still to be sent.
    statement: Option<String>,
    /// Whether an interrupted run began the revision.
    is_resumed: bool,
}

/// Runs the revision from its beginning.
pub(super) async fn run(runner: &Runner<'_>, job: StepContext<'_>, start: Instant) -> Result<StepOutcome, StepError> {
    runner.check_lock(job, Leftover::Nothing).await?;
    let declared = match in_progress_row(runner, job).await? {
        Ok(declared) => declared,
        Err(turn) => return Ok(turn.into()),
    };
    let before = declared.before.clone();
    match run_recorded(runner, job, declared, start, FinishedEntries::new()).await {
        Err(StepError::Failed(failure)) if may_be_untouched(&failure) => {
            Err(delete_in_progress_row(runner, job, failure, before).await)
        }
        outcome => outcome.map(|()| StepOutcome::Done),
    }
}

/// The row that says that the revision was begun, or why this run cannot begin it.
///
/// On a single-writer database the row is written at once: other runs wait until the revision is finished. On other
/// databases the lock excludes other runs, and the row is written together with the first change.
async fn in_progress_row(
    runner: &Runner<'_>,
    job: StepContext<'_>,
) -> Result<Result<InProgressRow, StepAvailability>, StepError> {
    let (context, dialect) = (runner.context, runner.context.backend.sql_dialect());
    let (row, before) = match job.step.direction {
        Direction::Upgrade => (runner.started(job, RevisionRowState::Upgrading), None),
        Direction::Downgrade => {
            let rows = context.store.rows(runner.work.executor()).await.map_err(|error| runner.refused(job, error))?;
            let before = rows.into_iter().find(|row| row.revision == job.step.revision);
            (runner.started(job, RevisionRowState::Downgrading), before)
        }
    };
    let statement = match job.step.direction {
        Direction::Upgrade => context.store.insertion_text(dialect, &row),
        Direction::Downgrade => context.store.update_text(dialect, &row),
    };
    if !context.backend.is_single_writer() {
        return Ok(Ok(InProgressRow { row, before, statement: Some(statement), is_resumed: false }));
    }
    let turn = insert_in_progress_row_when_idle(runner, job, &statement).await?;
    Ok(if turn == StepAvailability::Ours {
        Ok(InProgressRow { row, before, statement: None, is_resumed: false })
    } else {
        Err(turn)
    })
}

/// Writes the row of the revision that is about to begin, and the entry of this run in the lock table, in one
/// transaction.
async fn insert_in_progress_row_when_idle(
    runner: &Runner<'_>,
    job: StepContext<'_>,
    statement: &str,
) -> Result<StepAvailability, StepError> {
    let entered = runner.begin(job).await?;
    let turn = runner.check_availability(job, entered).await;
    let outcome = match turn {
        Ok(StepAvailability::Ours) => write_in_progress_row(runner, statement)
            .await
            .map(|()| StepAvailability::Ours)
            .map_err(|error| runner.refused(job, error)),
        other => other,
    };
    if !matches!(outcome, Ok(StepAvailability::Ours)) {
        runner.work.roll_back().await;
    }
    outcome
}

async fn write_in_progress_row(runner: &Runner<'_>, statement: &str) -> Result<(), DbErr> {
    let RunContext { store, backend, .. } = runner.context;
    let (holder, clearing) = (store.holder_text(backend, runner.holder), store.clearing_text(backend.sql_dialect()));
    runner.work.execute(&format!("{holder}; {clearing}")).await?;
    check_one(runner.work.execute(statement).await?.rows_affected())?;
    runner.work.execute("COMMIT").await.map(drop)
}

/// Restores the record of a revision that has changed nothing: the code failed before it sent a statement, or a
/// lock prevented its first change. This requires that the journal shows every statement as refused.
async fn delete_in_progress_row(
    runner: &Runner<'_>,
    job: StepContext<'_>,
    failure: Box<RevisionFailure>,
    before: Option<RevisionRow>,
) -> StepError {
    match try_delete_in_progress_row(runner, job, before).await {
        Ok(true) => StepError::Failed(Box::new(RevisionFailure { left: Leftover::Nothing, ..*failure })),
        // The error of the caller is that of the revision, which came first.
        Ok(false) | Err(_) => StepError::Failed(failure),
    }
}

async fn try_delete_in_progress_row(
    runner: &Runner<'_>,
    job: StepContext<'_>,
    before: Option<RevisionRow>,
) -> Result<bool, DbErr> {
    let (store, backend, session) = (runner.context.store, runner.context.backend, runner.work.executor());
    let revision = &job.step.revision;
    let entries = store.entries(session, backend, revision).await?;
    if !entries.iter().all(|entry| entry.state == StatementState::Refused) {
        return Ok(false);
    }
    // The row of a backfill that the code has registered is deleted too, and the code may have made no such table.
    store.prepare_backfills(session, backend).await?;
    runner.work.execute(backend.begin_text()).await?;
    let written = async {
        match &before {
            Some(row) => store.update(session, row).await?,
            None => store.delete(session, revision).await?,
        }
        store.clear_journal(session).await?;
        runner.work.execute("COMMIT").await.map(|_| true)
    };
    let written = written.await;
    if written.is_err() {
        runner.work.roll_back().await;
    }
    written
}

/// Runs the rest of an interrupted revision; `past` holds its finished statements.
pub(super) async fn resume(
    runner: &Runner<'_>,
    job: StepContext<'_>,
    row: RevisionRow,
    past: FinishedEntries,
) -> Result<(), Error> {
    let left = Leftover::Begun { statements: past.len() };
    let outcome = match runner.check_lock(job, left).await {
        Ok(()) => {
            let declared = InProgressRow { row, before: None, statement: None, is_resumed: true };
            run_recorded(runner, job, declared, Instant::now(), past).await
        }
        failed => failed,
    };
    outcome.map_err(|error| runner.error(job, error))
}

async fn run_recorded(
    runner: &Runner<'_>,
    job: StepContext<'_>,
    declared: InProgressRow,
    start: Instant,
    past: FinishedEntries,
) -> Result<(), StepError> {
    let ran = run_without_rollback(runner, job, &declared, past).await?;
    let left = Leftover::Begun { statements: ran.statements };
    runner.check_lock(job, left).await?;
    let recorded = record_end(runner, job, declared.row, &ran, start).await;
    recorded.map_err(|error| runner.step_error(job, error, left))
}

/// Runs the code, in a transaction of its own if the revision asks for one. Returns how many statements took
/// effect, and whether the record says that the revision was begun.
async fn run_without_rollback(
    runner: &Runner<'_>,
    job: StepContext<'_>,
    declared: &InProgressRow,
    past: FinishedEntries,
) -> Result<CodeResult, StepError> {
    let context = runner.context;
    let begins = job.script.migration.use_transaction() == Some(true);
    let before = past.len();
    let mut statement = declared.statement.clone();
    if begins {
        let begun = begin_own(runner, &mut statement).await;
        begun.map_err(|error| runner.step_error(job, error, Leftover::Begun { statements: before }))?;
    }
    let subject = JournalTarget {
        backend: context.backend,
        store: context.store,
        revision: &job.step.revision,
        side: context.connection,
        declaration: statement,
        is_resumed: declared.is_resumed,
    };
    let journal = JournalledSession::new(
        DirectSession::of(context, Connection::Held(runner.work.held()), begins),
        &subject,
        past,
    );
    let ran = runner.run_code(job, begins, journal).await;
    let (ending, journal) =
        ran.map_err(|error| runner.step_error(job, error, Leftover::Begun { statements: before }))?;
    runner.is_touched.fetch_or(journal.touches_session(), Ordering::Relaxed);
    let outcome = conclude(runner, job, ending, &journal, before, begins).await;
    if outcome.is_err() && (begins || journal.is_begun()) {
        runner.work.roll_back().await;
    }
    outcome
}

/// Begins the transaction that a revision asks for on a database that cannot hold the row in it. The row is written
/// before.
async fn begin_own(runner: &Runner<'_>, declaration: &mut Option<String>) -> Result<(), DbErr> {
    let begin = runner.context.backend.begin_text();
    let dialect = runner.context.backend.sql_dialect();
    let text = match declaration.take() {
        Some(text) => format!("{begin}; {}; {text}; COMMIT; {begin}", runner.context.store.clearing_text(dialect)),
        None => begin.to_owned(),
    };
    runner.work.execute(&text).await.map(drop)
}

/// Determines the result of the code.
async fn conclude(
    runner: &Runner<'_>,
    job: StepContext<'_>,
    ending: RunOutcome,
    journal: &JournalledSession,
    before: usize,
    begins: bool,
) -> Result<CodeResult, StepError> {
    // If the code fails, a transaction around all of it is rolled back.
    let is_written = journal.declaration().is_none();
    let statements = if journal.is_rollback_possible() { before } else { journal.finished() };
    let left = if is_written { Leftover::Begun { statements } } else { Leftover::Nothing };
    if let Some(error) = journal.divergence() {
        return Err(runner.step_error(job, error.clone(), left));
    }
    if let RunOutcome::NeedsForeignKeysOff = ending {
        let text = "a table has to be rebuilt: let the revision run in a transaction";
        return Err(runner.step_error(job, DbErr::Custom(text.to_owned()), left));
    }
    runner.classify_outcome(job, ending, journal.live(), left)?;
    if let Some(error) = journal.unreplayed() {
        return Err(runner.step_error(job, error, left));
    }
    if journal.is_begun() {
        let text = "the revision ended inside of a transaction that it began";
        return Err(runner.step_error(job, DbErr::Custom(text.to_owned()), left));
    }
    if begins {
        let committed = runner.work.execute("COMMIT").await;
        committed.map_err(|error| runner.step_error(job, error, Leftover::Begun { statements: before }))?;
    }
    let role = if journal.changes_role() { WriteRole::Perhaps } else { WriteRole::Engine };
    Ok(CodeResult { statements: journal.finished(), is_written, role })
}

/// Writes the row of a finished revision. The journal is deleted when the next one begins, or at the end of the
/// run.
async fn record_end(
    runner: &Runner<'_>,
    job: StepContext<'_>,
    row: RevisionRow,
    ran: &CodeResult,
    start: Instant,
) -> Result<(), DbErr> {
    let (store, dialect) = (runner.context.store, runner.context.backend.sql_dialect());
    let text = match (job.step.direction, ran.is_written) {
        (Direction::Upgrade, true) => store.update_text(dialect, &runner.finished(row, start)),
        (Direction::Upgrade, false) => store.insertion_text(dialect, &runner.finished(row, start)),
        (Direction::Downgrade, _) => store.deletion_text(dialect, &job.step.revision),
    };
    let downgrade = match job.step.direction {
        Direction::Upgrade => runner.downgrade_text(job).await,
        Direction::Downgrade => store.details_deletion_text(dialect, &job.step.revision),
    };
    let own_role = if ran.role == WriteRole::Engine { "" } else { runner.context.backend.own_role() };
    let written = async {
        runner.work.execute(&format!("{}{own_role}; {downgrade}", runner.context.backend.begin_text())).await?;
        check_one(runner.work.execute(&text).await?.rows_affected())
    };
    match written.await {
        Ok(()) => runner.work.execute("COMMIT").await.map(drop),
        Err(error) => {
            runner.work.roll_back().await;
            Err(error)
        }
    }
}

/// Whether a failed revision may have left nothing, although the record says that it was begun: no statement is known
/// to have taken effect, and the last one was not interrupted.
fn may_be_untouched(failure: &RevisionFailure) -> bool {
    let is_kept = failure.limit == Some(Limit::Lock) && failure.direction == Direction::Upgrade;
    let sent_nothing = failure.statement.is_none()
        && !matches!(&failure.cause, super::FailureCause::Database(error) if is_lost_connection(error));
    failure.left == (Leftover::Begun { statements: 0 }) && (is_kept || sent_nothing)
}
