//! Continues or settles a revision that was interrupted where the database cannot roll back.

use sea_orm::{DatabaseExecutor, DbErr};
use seachange_graph::{Direction, Plan, Step};

use super::{Migrator, run};
use crate::error::{Error, InterruptedRevision};
use crate::journal::{self, FinishedEntries, JournalEntry, StatementOutcome, StatementState};
use crate::report::Report;
use crate::run_context::RunContext;
use crate::runner::ConcurrentWrites;
use crate::session::{self, WorkSession};
use crate::store::{Holder, RevisionRow};

const READING: &str = "cannot read what the interrupted revision has done";
const WRITING: &str = "cannot write which revisions are applied";

/// What the caller says of the statements in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// Ask the catalogue; without a clear answer, do nothing.
    Ask,
    /// It took effect.
    Ran,
    /// It did not take effect.
    NotRun,
}

/// How an interrupted revision is settled.
#[derive(Debug, Clone, Copy)]
enum Settlement {
    /// Its rest runs.
    Resume(Resolution),
    /// The user has finished or undone its changes by hand.
    Mark { is_applied: bool },
}

pub(super) async fn load(
    migrator: &Migrator,
    row: &RevisionRow,
    executor: &DatabaseExecutor<'_>,
) -> Result<InterruptedRevision, Error> {
    let wrap = |error| Error::database(READING)(error);
    let entries = migrator.store().entries(executor, migrator.backend, &row.revision).await.map_err(wrap)?;
    let (mut finished, mut refused, mut in_doubt) = (Vec::new(), Vec::new(), Vec::new());
    for entry in entries {
        match entry.state {
            StatementState::Finished => finished.push(entry),
            StatementState::Refused => refused.push(entry),
            StatementState::Running => {
                let verdict = journal::determine_outcome(&entry, executor, migrator.backend).await.map_err(wrap)?;
                in_doubt.push((entry, verdict));
            }
        }
    }
    Ok(InterruptedRevision {
        revision: row.revision.clone(),
        direction: row.direction(),
        row: row.clone(),
        finished,
        in_doubt,
        refused,
    })
}

/// Runs the rest of the revision that was interrupted.
pub(super) async fn resume(migrator: &Migrator, doubt: Resolution) -> Result<Report, Error> {
    let is_unknown = |row: &RevisionRow| migrator.graph.find_step(&row.revision).is_none();
    let is_stored = |row: &RevisionRow| row.direction() == Direction::Downgrade && is_unknown(row);
    match migrator.read().await?.unfinished().next().is_some_and(is_stored) {
        true => match migrator.with_stored_downgrades().await? {
            Some(extended) => resume_known(&extended, doubt).await,
            None => resume_known(migrator, doubt).await,
        },
        false => resume_known(migrator, doubt).await,
    }
}

/// Runs the rest of the revision, whose code the migrator has.
async fn resume_known(migrator: &Migrator, doubt: Resolution) -> Result<Report, Error> {
    run::locked(migrator, async {
        let interruption = migrator.interruption().await?.ok_or(Error::NotInterrupted)?;
        let plan = Plan { steps: vec![step(migrator, &interruption)?] };
        let (_, report) = settle_when_idle(migrator, &plan, Settlement::Resume(doubt)).await?;
        // Not in the session of the revision, which may have settings that change an answer, such as `sql_select_limit`.
        run::report(migrator, &migrator.read().await?, &Plan::default(), report)
    })
    .await
}

/// Settles the interrupted revision, once no other run executes it. On a single-writer database, the lock
/// excludes no other run; the entry in the lock table does.
async fn settle_when_idle(
    migrator: &Migrator,
    plan: &Plan,
    settlement: Settlement,
) -> Result<(InterruptedRevision, Report), Error> {
    migrator.check_stored(&migrator.read().await?, plan.clone())?;
    let (context, session) = (migrator.run_context().await?, run::open_work(migrator).await?);
    let outcome = settle_in(migrator, context, &session, plan, settlement).await;
    session.close(migrator.backend).await;
    outcome
}

async fn settle_in(
    migrator: &Migrator,
    context: RunContext<'_>,
    session: &WorkSession,
    plan: &Plan,
    settlement: Settlement,
) -> Result<(InterruptedRevision, Report), Error> {
    run::make_tables(migrator, session).await?;
    let holder = Holder::this(migrator.migrations.program(), plan);
    session::register_holder_when_idle(context, session, &holder).await?;
    let record = migrator.read_by(session.executor()).await?;
    let outcome = match record.unfinished().next() {
        Some(row) => match load(migrator, row, &session.executor().into()).await {
            Ok(interruption) => {
                let report = apply_settlement(migrator, &interruption, settlement, &holder, session).await;
                report.map(|report| (interruption, report))
            }
            Err(error) => Err(error),
        },
        None => Err(Error::NotInterrupted),
    };
    run::finish_run(context, session, (&holder, true), &outcome).await;
    outcome
}

async fn apply_settlement(
    migrator: &Migrator,
    interruption: &InterruptedRevision,
    settlement: Settlement,
    holder: &Holder,
    work: &WorkSession,
) -> Result<Report, Error> {
    match settlement {
        Settlement::Resume(_) if interruption.is_of_script() => {
            Err(Error::Unjournalled { interruption: Box::new(interruption.clone()) })
        }
        Settlement::Resume(doubt) => {
            let past = resolve_in_doubt(migrator, interruption, doubt, work).await?;
            run_rest(migrator, interruption.clone(), past, holder, work).await
        }
        Settlement::Mark { is_applied } => {
            let written = write_settled(migrator, work, interruption, is_applied).await;
            if written.is_err() {
                work.roll_back().await;
            }
            written.map(|()| Report::default()).map_err(Error::database(WRITING))
        }
    }
}

/// The interrupted step.
fn step(migrator: &Migrator, interruption: &InterruptedRevision) -> Result<Step, Error> {
    let id = &interruption.revision;
    let revision = migrator.graph.find_step(id).ok_or_else(|| Error::UnknownRevision { revision: id.clone() })?;
    Ok(Step::of(interruption.direction, revision))
}

/// Writes into the journal whether the statements in doubt took effect, and deletes the refused statements.
/// Returns the statements that are finished then.
async fn resolve_in_doubt(
    migrator: &Migrator,
    interruption: &InterruptedRevision,
    doubt: Resolution,
    work: &WorkSession,
) -> Result<FinishedEntries, Error> {
    let session = work.executor();
    let wrap = |error| Error::database(WRITING)(error);
    for entry in &interruption.refused {
        migrator.store().drop_entry(session, entry).await.map_err(wrap)?;
    }
    let mut past: FinishedEntries = interruption.finished.iter().map(|entry| (entry.number, entry.clone())).collect();
    let is_clear =
        |verdict: &StatementOutcome| matches!(verdict, StatementOutcome::Ran(_) | StatementOutcome::NotRun(_));
    if doubt == Resolution::Ask && !interruption.in_doubt.iter().all(|(_, verdict)| is_clear(verdict)) {
        return Err(Error::InDoubt { interruption: Box::new(interruption.clone()) });
    }
    for (entry, verdict) in &interruption.in_doubt {
        let has_run = match doubt {
            Resolution::Ask => matches!(verdict, StatementOutcome::Ran(_)),
            told => told == Resolution::Ran,
        };
        if has_run {
            let entry = JournalEntry { state: StatementState::Finished, ..entry.clone() };
            migrator.store().end_entry(session, &entry).await.map_err(wrap)?;
            past.insert(entry.number, entry);
        } else {
            migrator.store().drop_entry(session, entry).await.map_err(wrap)?;
        }
    }
    Ok(past)
}

async fn run_rest(
    migrator: &Migrator,
    interruption: InterruptedRevision,
    past: FinishedEntries,
    holder: &Holder,
    work: &WorkSession,
) -> Result<Report, Error> {
    let step = step(migrator, &interruption)?;
    let context = migrator.run_context().await?;
    let others = ConcurrentWrites::snapshot(context, work).await.map_err(Error::database(READING))?;
    run::runner(migrator, context, work, others, holder).resume_step(&step, interruption.row, past).await
}

/// Records the interrupted revision as applied or not applied, and returns it.
pub(super) async fn settle(migrator: &Migrator, is_applied: bool) -> Result<InterruptedRevision, Error> {
    run::locked(migrator, async {
        migrator.interruption().await?.ok_or(Error::NotInterrupted)?;
        let (interruption, _) = settle_when_idle(migrator, &Plan::default(), Settlement::Mark { is_applied }).await?;
        Ok(interruption)
    })
    .await
}

async fn write_settled(
    migrator: &Migrator,
    work: &WorkSession,
    interruption: &InterruptedRevision,
    is_applied: bool,
) -> Result<(), DbErr> {
    let (row, session) = (&interruption.row, work.executor());
    work.execute(migrator.backend.begin_text()).await?;
    if is_applied {
        migrator.store().update(session, &row.clone().applied_now()).await?;
        migrator.store_downgrades(session, [row.revision.as_str()].into_iter()).await?;
    } else {
        migrator.store().delete(session, &row.revision).await?;
    }
    migrator.store().clear_journal(session).await?;
    work.execute("COMMIT").await.map(drop)
}
