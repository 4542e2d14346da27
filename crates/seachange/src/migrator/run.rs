//! A run: the lock, the plan, the steps.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};

use sea_orm::DbErr;
use seachange_graph::{Direction, Plan, Step};

use super::{Migrator, OtherRecordPolicy, interruption};
use crate::backend::role::{self, ServerRole};
use crate::backend::{Cluster, ServerIdentity};
use crate::database_error::is_lost_connection;
use crate::error::Error;
use crate::event::Event;
use crate::gate;
use crate::lock::{self, LockWait};
use crate::record::RevisionRecord;
use crate::report::{Report, Warnings};
use crate::run_context::RunContext;
use crate::runner::{
    ConcurrentWrites, FailureCause, NextStep, Runner, check_whole, is_transactional, run_in_single_transaction,
};
use crate::session::{self, WorkSession};
use crate::store::{Holder, NeededTables, TableLayout};

/// A plan, and the anomalies that it allows.
type PlanWithWarnings = (Plan, Warnings);

/// Makes a plan and runs it while no other run is running.
///
/// A refusal, or a plan without steps, is detected before the lock is taken: that costs one query, and writes
/// nothing. Under the lock, the run makes the plan anew from the record as it is then, and sends its warnings to
/// the event handler.
pub(super) async fn run(
    migrator: &Migrator,
    others: OtherRecordPolicy,
    plan: impl Fn(&RevisionRecord) -> Result<PlanWithWarnings, Error>,
) -> Result<Report, Error> {
    let record = match migrator.is_known_empty() {
        true => RevisionRecord::default(),
        false => migrator.read().await?,
    };
    let planned = match plan(&record) {
        Ok((plan, notices)) if plan.is_empty() => {
            return report(migrator, &record, &plan, emit_warnings(migrator, notices));
        }
        Ok((plan, _)) => Some(plan),
        // Another run may be executing this revision.
        Err(Error::Interrupted { .. }) => None,
        Err(error) => return Err(error),
    };
    migrator.check_adopted(&record, planned.as_ref(), others).await?;
    if let Some(plan) = planned.as_ref().filter(|_| migrator.options.single_transaction) {
        check_whole(migrator.backend, migrator.migrations, plan)?;
    }
    if let Some(plan) = &planned {
        let (free, waiting) = gate::divide(migrator.context(), &migrator.connection, migrator.migrations, plan).await?;
        if free.is_empty() {
            waiting.iter().for_each(|one| gate::tell(migrator.context(), migrator.migrations, one));
            return report(migrator, &record, plan, Report { waiting, ..Report::default() });
        }
    }
    migrator.context().waited.take();
    match (Box::pin(locked(migrator, run_locked(migrator, plan, record.has_table))).await, planned) {
        (Err(Error::Stopped { .. }), Some(plan)) => report(migrator, &record, &plan, stopped(migrator, &plan)),
        (outcome, _) => outcome,
    }
}

/// The report of a run that was asked to stop before its first revision.
fn stopped(migrator: &Migrator, plan: &Plan) -> Report {
    migrator.context().emit(&Event::Stopped { left: &plan.steps });
    Report { left: plan.steps.clone(), ..Report::default() }
}

/// The report of a run for which every revision is applied.
pub(super) fn nothing_to_do(migrator: &Migrator) -> Report {
    let current =
        migrator.graph.current(&migrator.graph.all_applied()).iter().map(|revision| revision.id.clone()).collect();
    Report { current, program: migrator.migrations.program().to_owned(), ..Report::default() }
}

/// Completes the report of a plan.
pub(super) fn report(
    migrator: &Migrator,
    record: &RevisionRecord,
    plan: &Plan,
    report: Report,
) -> Result<Report, Error> {
    let is_left = |step: &Step| report.left.contains(step) || report.waiting.iter().any(|one| one.step == *step);
    let taken: Vec<Step> = plan.steps.iter().filter(|step| !is_left(step)).cloned().collect();
    let current = record.current_after(migrator.graph, &taken)?;
    let (waited, program) = (migrator.context().waited.take(), migrator.migrations.program().to_owned());
    Ok(Report { current, waited, program, ..report })
}

/// Does some work while no other run is running.
///
/// The futures of a run are large, and code without optimisation copies a future once or more for each function
/// that awaits it: those on the heap keep a run within a fraction of the stack of a thread of Tokio.
pub(super) async fn locked<T>(migrator: &Migrator, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    migrator.resolve_location().await?;
    let context = migrator.run_context().await?;
    // A run whose future was dropped before its end has not released the lock.
    if migrator.is_locked.swap(true, Ordering::Relaxed) {
        lock::release(context).await;
    }
    let is_direct = migrator.source.is_direct();
    if !is_direct.is_some_and(|known| known.load(Ordering::Relaxed)) {
        // Before the lock is taken: afterwards it is unknown which session could release it.
        lock::refuse_pooler(context).await?;
        is_direct.into_iter().for_each(|known| known.store(true, Ordering::Relaxed));
    }
    let facts = server_identity(migrator, context).await?;
    if let Some(system) = facts.untried {
        context.emit(&Event::Untried { system });
    }
    lock::acquire(context).await?;
    let outcome = match acquire_lease(migrator, context, facts.cluster).await {
        Ok(()) => Box::pin(leased(context, work)).await,
        Err(error) => Err(error),
    };
    if let Some(lease) = migrator.lease.replace(None) {
        lease.release().await;
    }
    if !is_lost(&outcome) {
        lock::release(context).await;
    }
    migrator.is_locked.store(false, Ordering::Relaxed);
    outcome
}

/// What the server says of itself; asked once for the targets that use the same sessions.
async fn server_identity(migrator: &Migrator, context: RunContext<'_>) -> Result<ServerIdentity, Error> {
    let known = migrator.source.identity();
    if let Some(known) = known.and_then(OnceLock::get) {
        return Ok(*known);
    }
    let read = context.backend.server_identity(context.connection).await;
    let read = read.map_err(Error::database("cannot read what kind of server this is"))?;
    Ok(*known.map_or(&read, |known| known.get_or_init(|| read)))
}

/// On a cluster, on which the lock of a session holds on one server only, takes a lease besides.
async fn acquire_lease(migrator: &Migrator, context: RunContext<'_>, cluster: Option<Cluster>) -> Result<(), Error> {
    let Some(cluster) = cluster else { return Ok(()) };
    let session = migrator.source.open().await?.ok_or(Error::NotReopenable { is_memory: true })?;
    let lease = lock::acquire_lease(context, session, cluster, migrator.migrations.program()).await?;
    migrator.lease.replace(Some(lease));
    Ok(())
}

/// Does the work under the lock of the run, and under its lease if it has one.
async fn leased<T>(context: RunContext<'_>, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    lock::wait_until_idle(context).await?;
    match Box::pin(session::limited(context, Box::pin(work))).await {
        // A statement of the engine was not sent.
        Err(Error::Database { doing, source }) if !is_lost_connection(&source) => match context.ended_lease() {
            Some(end) => Err(Error::LeaseEnded { end }),
            None => Err(Error::Database { doing, source }),
        },
        outcome => outcome,
    }
}

/// Makes the plan anew when another run has changed the record before a run that is one transaction.
async fn run_locked(
    migrator: &Migrator,
    plan: impl Fn(&RevisionRecord) -> Result<PlanWithWarnings, Error>,
    has_record: bool,
) -> Result<Report, Error> {
    loop {
        let work = open_work(migrator).await?;
        match run_planned(migrator, &plan, has_record, work).await {
            Err(Error::Overtaken { .. }) if migrator.options.single_transaction => {}
            outcome => return outcome,
        }
    }
}

/// Opens a session for revisions.
pub(super) async fn open_work(migrator: &Migrator) -> Result<WorkSession, Error> {
    WorkSession::open(migrator.run_context().await?, &migrator.source, &migrator.connection).await
}

async fn run_planned(
    migrator: &Migrator,
    plan: impl Fn(&RevisionRecord) -> Result<PlanWithWarnings, Error>,
    has_record: bool,
    work: WorkSession,
) -> Result<Report, Error> {
    let mut work = Some(work);
    let outcome = run_in(migrator, plan, has_record, &mut work).await;
    if let Some(work) = work {
        work.close(migrator.backend).await;
    }
    outcome
}

async fn run_in(
    migrator: &Migrator,
    plan: impl Fn(&RevisionRecord) -> Result<PlanWithWarnings, Error>,
    has_record: bool,
    work: &mut Option<WorkSession>,
) -> Result<Report, Error> {
    let context = migrator.run_context().await?;
    let Some(first) = work.as_ref() else { return Err(Error::LockLost { is_pooled: false }) };
    let looked = ConcurrentWrites::snapshot(context, first).await;
    let others = looked.map_err(Error::database("cannot read which revisions are applied"))?;
    let layout = if has_record { None } else { Some(read_new_layout(migrator, first).await?) };
    let is_empty = layout.as_ref().is_some_and(|layout| !migrator.store().has_record(layout));
    let (record, (plan, notices)) = match is_empty {
        true => (RevisionRecord::default(), plan(&RevisionRecord::default())?),
        false => plan_when_idle(migrator, plan, first).await?,
    };
    let announced = emit_warnings(migrator, notices);
    if plan.is_empty() {
        return report(migrator, &record, &plan, announced);
    }
    if context.is_stopping() {
        return report(migrator, &record, &plan, stopped(migrator, &plan));
    }
    if migrator.options.single_transaction {
        check_whole(migrator.backend, migrator.migrations, &plan)?;
    }
    let layout = match layout {
        Some(layout) => layout,
        None => read_layout(migrator, first).await?,
    };
    let needed = needed_tables(migrator, &plan);
    let holder = Holder::this(migrator.migrations.program(), &plan);
    prepare_record(migrator, first, (&layout, needed), &holder).await?;
    let has_journal = needed != NeededTables::WithoutJournal || migrator.store().has_journal(&layout);
    let outcome = match migrator.options.single_transaction {
        true => {
            run_in_single_transaction(&runner(migrator, context, first, others, &holder), &plan, &record.rows).await
        }
        false => run_steps(migrator, context, work, others, &holder, &plan).await,
    };
    let outcome = match (&migrator.participant, work.as_ref()) {
        (Some(participant), Some(last)) => participant.conclude(context, last, outcome).await,
        _ => outcome,
    };
    if let Some(last) = work.as_ref() {
        finish_run(context, last, (&holder, has_journal), &outcome).await;
    }
    report(migrator, &record, &plan, Report { notices: announced.notices, ..outcome? })
}

/// Runs the steps, each in a session that no step before it has changed.
async fn run_steps(
    migrator: &Migrator,
    context: RunContext<'_>,
    work: &mut Option<WorkSession>,
    mut others: ConcurrentWrites,
    holder: &Holder,
    plan: &Plan,
) -> Result<Report, Error> {
    context.emit(&Event::Planned { steps: &plan.steps });
    let (mut report, mut next) = (Report::default(), 0);
    loop {
        let Some(session) = work.as_ref() else { return Err(Error::LockLost { is_pooled: false }) };
        let runner = runner(migrator, context, session, others, holder);
        match runner.run(plan, next, &mut report).await? {
            (NextStep::End, _) => {
                if !runner.is_touched.into_inner() {
                    session.set_unchanged();
                }
                return Ok(report);
            }
            (NextStep::FreshSession, index) => next = index,
        }
        renew(migrator, work).await?;
        others = ConcurrentWrites::unseen();
    }
}

/// Closes the session of a step, and opens one for the next step.
async fn renew(migrator: &Migrator, work: &mut Option<WorkSession>) -> Result<(), Error> {
    let Some(old) = work.take() else { return Ok(()) };
    if old.is_replaceable() {
        old.close(migrator.backend).await;
        *work = Some(open_work(migrator).await?);
        return Ok(());
    }
    let restored = old.restore(migrator.backend).await;
    *work = Some(old);
    restored.map_err(Error::database("cannot restore the session after a revision"))
}

/// Deletes the entry of this run from the lock table, and the journal of finished revisions.
pub(super) async fn finish_run<T>(
    context: RunContext<'_>,
    work: &WorkSession,
    (holder, has_journal): (&Holder, bool),
    outcome: &Result<T, Error>,
) {
    if is_lost(outcome) || context.check_lease().await.is_err() {
        return;
    }
    // After a success, the remaining entries of the journal belong to revisions that are recorded as finished.
    session::clear_holder(context, work, holder, outcome.is_ok() && has_journal).await;
}

/// Sends the warnings to the event handler, and returns a report without steps.
fn emit_warnings(migrator: &Migrator, notices: Warnings) -> Report {
    notices.events().for_each(|event| migrator.context().emit(&event));
    Report { notices, ..Report::default() }
}

pub(super) fn runner<'a>(
    migrator: &'a Migrator,
    context: RunContext<'a>,
    work: &'a WorkSession,
    others: ConcurrentWrites,
    holder: &'a Holder,
) -> Runner<'a> {
    Runner {
        context,
        migrations: migrator.migrations,
        graph: migrator.graph,
        work,
        source: &migrator.source,
        concurrent: others,
        holder,
        is_touched: AtomicBool::new(false),
        entered: Mutex::new(None),
    }
}

/// Makes the plan once no other run is executing a revision that no transaction holds. On a single-writer database,
/// the lock does not exclude such a run.
async fn plan_when_idle(
    migrator: &Migrator,
    plan: impl Fn(&RevisionRecord) -> Result<PlanWithWarnings, Error>,
    work: &WorkSession,
) -> Result<(RevisionRecord, PlanWithWarnings), Error> {
    let context = migrator.run_context().await?;
    let mut waiter = LockWait::new(context);
    loop {
        let record = migrator.read_by(work.executor()).await?;
        match plan(&record) {
            Ok(plan) => return Ok((record, plan)),
            Err(Error::Interrupted { .. })
                if context.backend.is_single_writer() && lock::is_at_work(context, work.executor()).await =>
            {
                waiter.wait().await?;
            }
            Err(error) => return Err(with_interruption_details(migrator, error, &record, work).await?),
        }
    }
}

/// Adds to the error of an interrupted revision what the journal knows of it. Under the lock, no other run is
/// executing that revision.
async fn with_interruption_details(
    migrator: &Migrator,
    error: Error,
    record: &RevisionRecord,
    work: &WorkSession,
) -> Result<Error, Error> {
    match (error, record.unfinished().next()) {
        (Error::Interrupted { revision, direction, started_at, .. }, Some(row)) => {
            let known = Some(Box::new(interruption::load(migrator, row, &work.executor().into()).await?));
            Ok(Error::Interrupted { revision, direction, started_at, known })
        }
        (other, _) => Ok(other),
    }
}

async fn read_layout(migrator: &Migrator, work: &WorkSession) -> Result<TableLayout, Error> {
    let read = migrator.store().layout(work.executor(), migrator.backend).await;
    read.map_err(Error::database("cannot read which tables the record has"))
}

/// The tables that a plan needs: a downgrade deletes from all of them. A single-writer database has them in one file.
fn needed_tables(migrator: &Migrator, plan: &Plan) -> NeededTables {
    let is_upgrade = plan.steps.iter().all(|step| step.direction == Direction::Upgrade);
    if !is_upgrade || migrator.backend.is_single_writer() {
        return NeededTables::All;
    }
    let commits_with_row = |step: &Step| {
        step.records_only
            || migrator.script(&step.revision).is_some_and(|script| is_transactional(migrator.backend, script))
    };
    match plan.steps.iter().all(commits_with_row) {
        true => NeededTables::WithoutJournal,
        false => NeededTables::WithJournal,
    }
}

/// The tables of a record that did not exist before the lock was taken.
async fn read_new_layout(migrator: &Migrator, work: &WorkSession) -> Result<TableLayout, Error> {
    let tables = migrator.store().table_names(migrator.backend.sql_dialect());
    match migrator.backend.is_none_there(&work.executor().into(), &tables).await {
        true => Ok(TableLayout::default()),
        false => read_layout(migrator, work).await,
    }
}

/// Makes the tables ready that are needed, and writes this run into the lock table.
async fn prepare_record(
    migrator: &Migrator,
    work: &WorkSession,
    (layout, needed): (&TableLayout, NeededTables),
    holder: &Holder,
) -> Result<(), Error> {
    let context = migrator.run_context().await?;
    let mut changes = migrator.store().missing(layout, needed, migrator.backend);
    let is_single_writer = context.backend.is_single_writer();
    if is_single_writer
        && !changes.is_empty()
        && session::register_holder_after(context, work, holder, &changes).await?
    {
        return Ok(());
    }
    // On a database with a single writer, another run may be executing a revision.
    if changes.is_empty() || is_single_writer {
        change_tables(migrator, work, &changes).await?;
        return session::register_holder(context, work, holder).await;
    }
    changes.push(migrator.store().holder_text(migrator.backend, holder));
    change_tables(migrator, work, &changes).await
}

/// Creates all missing tables of the engine, and updates those of earlier versions.
pub(super) async fn make_tables(migrator: &Migrator, work: &WorkSession) -> Result<(), Error> {
    let layout = read_layout(migrator, work).await?;
    change_tables(migrator, work, &migrator.store().missing(&layout, NeededTables::All, migrator.backend)).await
}

/// Executes the statements that make the tables of the engine ready: one text where none of them locks a table, so that it is
/// one round trip.
async fn change_tables(migrator: &Migrator, work: &WorkSession, changes: &[String]) -> Result<(), Error> {
    let wrap = |error| Error::database("cannot create the tables of the record")(error);
    if changes.is_empty() {
        return Ok(());
    }
    let context = migrator.run_context().await?;
    let text = format!("{}; COMMIT", changes.join("; "));
    let made = if context.backend.is_single_writer() || context.prepared.is_some() {
        work.begin(context, wrap).await?;
        work.execute(&text).await
    } else {
        work.execute(&format!("{}; {text}", context.backend.begin_text())).await
    };
    if made.is_err() {
        work.roll_back().await;
    }
    made.map(drop).map_err(wrap)
}

/// As [`make_tables`], for a write that runs no revision.
pub(super) async fn make_table(migrator: &Migrator) -> Result<(), Error> {
    const CREATING: &str = "cannot create the tables of the record";
    let context = migrator.run_context().await?;
    let transaction = lock::begin(context, CREATING).await?;
    let created = migrator.store().prepare(&transaction, migrator.backend).await;
    lock::end(context, transaction, created, CREATING).await
}

/// Whether the session is lost, and its lock with it.
fn is_lost<T>(outcome: &Result<T, Error>) -> bool {
    outcome.as_ref().is_err_and(Error::is_lost_connection)
}

/// Returns the outcome of a run, with the role of the server if that explains a failure. A success costs no query.
pub(super) async fn explain<T>(migrator: &Migrator, outcome: Result<T, Error>) -> Result<T, Error> {
    let error = match outcome {
        Err(error) => error,
        done => return done,
    };
    let role = match error.cause() {
        Some(cause) => role::explaining(cause, &migrator.connection).await,
        None => None,
    };
    Err(match role {
        Some(ServerRole::Standby(primary)) => Error::Standby { primary, source: Box::new(error) },
        None => error,
    })
}

impl Error {
    /// What the database said, if the failure comes from it.
    fn cause(&self) -> Option<&DbErr> {
        match self {
            Self::Database { source, .. } => Some(source),
            Self::Failed(failure) => match &failure.cause {
                FailureCause::Database(error) => Some(error),
                _ => None,
            },
            _ => None,
        }
    }
}
