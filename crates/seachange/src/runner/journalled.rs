//! A revision that no transaction can hold: its row says that it was begun before it says that it is done, and the
//! journal what it has done in between.

use std::sync::atomic::Ordering;
use std::time::Instant;

use sea_orm::DbErr;
use seachange_graph::Direction;

use super::failure::{Failure, Left};
use super::others::Turn;
use super::step::{Attempt, Setback};
use super::transactional::Role;
use super::{Base, Job, Runner};
use crate::database_error::is_lost_connection;
use crate::error::Error;
use crate::journal::{EntryState, Journal, Past, Subject};
use crate::limits::Limit;
use crate::relay::Ending;
use crate::store::{Row, State, check_one};

/// What came of the code of a revision.
struct Ran {
    /// How many statements took effect.
    statements: usize,
    /// Whether the record says that the revision is begun.
    is_written: bool,
    /// Under which role the session writes.
    role: Role,
}

/// The row of a revision that begins, and how the record learns of it.
struct Declared {
    /// The row as it is while the revision runs.
    row: Row,
    /// The row before a downgrade.
    before: Option<Row>,
    /// The statement that writes it, where it is still to be sent.
    statement: Option<String>,
    /// Whether an interrupted run began it.
    is_resumed: bool,
}

impl Runner<'_> {
    /// Runs the revision from its beginning.
    pub(super) async fn run_journalled(&self, job: Job<'_>, start: Instant) -> Result<Attempt, Setback> {
        self.check_lock(job, Left::Nothing).await?;
        let declared = match self.declared(job).await? {
            Ok(declared) => declared,
            Err(turn) => return Ok(turn.into()),
        };
        let before = declared.before.clone();
        match self.run_declared(job, declared, start, Past::new()).await {
            Err(Setback::Failed(failure)) if may_be_untouched(&failure) => {
                Err(self.undeclare(job, failure, before).await)
            }
            outcome => outcome.map(|()| Attempt::Done),
        }
    }

    /// The row that says that the revision is begun, once no other run is at it. Whose turn it is otherwise comes back.
    ///
    /// Where runs take turns it is written at once: until the revision is done, others wait for this run. Elsewhere the lock
    /// keeps them out, and the row is written together with the first change.
    async fn declared(&self, job: Job<'_>) -> Result<Result<Declared, Turn>, Setback> {
        let (site, dialect) = (self.site, self.site.backend.sql_dialect());
        let (row, before) = match job.step.direction {
            Direction::Upgrade => (self.started(job, State::Upgrading), None),
            Direction::Downgrade => {
                let rows = site.store.rows(self.work.executor()).await.map_err(|error| self.refused(job, error))?;
                let before = rows.into_iter().find(|row| row.revision == job.step.revision);
                (self.started(job, State::Downgrading), before)
            }
        };
        let statement = match job.step.direction {
            Direction::Upgrade => site.store.insertion_text(dialect, &row),
            Direction::Downgrade => site.store.update_text(dialect, &row),
        };
        if !site.backend.takes_turns() {
            return Ok(Ok(Declared { row, before, statement: Some(statement), is_resumed: false }));
        }
        let turn = self.declare_in_turn(job, &statement).await?;
        Ok(if turn == Turn::Ours {
            Ok(Declared { row, before, statement: None, is_resumed: false })
        } else {
            Err(turn)
        })
    }

    /// Writes down what is about to begin, and who begins it, in one transaction.
    async fn declare_in_turn(&self, job: Job<'_>, statement: &str) -> Result<Turn, Setback> {
        let entered = self.begin(job).await?;
        let turn = self.check_turn(job, entered).await;
        let outcome = match turn {
            Ok(Turn::Ours) => {
                self.write_declaration(statement).await.map(|()| Turn::Ours).map_err(|error| self.refused(job, error))
            }
            other => other,
        };
        if !matches!(outcome, Ok(Turn::Ours)) {
            self.work.roll_back().await;
        }
        outcome
    }

    async fn write_declaration(&self, statement: &str) -> Result<(), DbErr> {
        let (store, session) = (self.site.store, self.work.executor());
        store.set_holder(session, self.holder).await?;
        store.clear_journal(session).await?;
        check_one(self.work.execute(statement).await?.rows_affected())?;
        self.work.execute("COMMIT").await.map(drop)
    }

    /// Puts the record back of a revision that has changed nothing: the code failed before it sent anything, or a lock kept
    /// it from its very first change. What the journal does not say was refused may have happened.
    async fn undeclare(&self, job: Job<'_>, failure: Box<Failure>, before: Option<Row>) -> Setback {
        match self.try_undeclare(job, before).await {
            Ok(true) => Setback::Failed(Box::new(Failure { left: Left::Nothing, ..*failure })),
            // It was the failure that came first.
            Ok(false) | Err(_) => Setback::Failed(failure),
        }
    }

    async fn try_undeclare(&self, job: Job<'_>, before: Option<Row>) -> Result<bool, DbErr> {
        let (store, backend, session) = (self.site.store, self.site.backend, self.work.executor());
        let revision = &job.step.revision;
        let entries = store.entries(session, backend, revision).await?;
        if !entries.iter().all(|entry| entry.state == EntryState::Refused) {
            return Ok(false);
        }
        self.work.execute(backend.begin_text()).await?;
        let written = async {
            match &before {
                Some(row) => store.update(session, row).await?,
                None => store.delete(session, revision).await?,
            }
            store.clear_journal(session).await?;
            self.work.execute("COMMIT").await.map(|_| true)
        };
        let written = written.await;
        if written.is_err() {
            self.work.roll_back().await;
        }
        written
    }

    /// Runs the rest of a revision that was interrupted; `past` is what it has done.
    pub(crate) async fn resume(&self, job: Job<'_>, row: Row, past: Past) -> Result<(), Error> {
        let left = Left::Begun { statements: past.len() };
        let outcome = match self.check_lock(job, left).await {
            Ok(()) => {
                let declared = Declared { row, before: None, statement: None, is_resumed: true };
                self.run_declared(job, declared, Instant::now(), past).await
            }
            failed => failed,
        };
        outcome.map_err(|setback| self.error(job, setback))
    }

    async fn run_declared(&self, job: Job<'_>, declared: Declared, start: Instant, past: Past) -> Result<(), Setback> {
        let ran = self.run_unprotected(job, &declared, past).await?;
        let left = Left::Begun { statements: ran.statements };
        self.check_lock(job, left).await?;
        let recorded = self.record_end(job, declared.row, &ran, start).await;
        recorded.map_err(|error| self.setback(job, error, left))
    }

    /// Runs the code, in a transaction of its own where it asks for one, and says how many statements took effect, and
    /// whether the record says that the revision is begun.
    async fn run_unprotected(&self, job: Job<'_>, declared: &Declared, past: Past) -> Result<Ran, Setback> {
        let site = self.site;
        let begins = job.script.migration.use_transaction() == Some(true);
        let before = past.len();
        let mut statement = declared.statement.clone();
        if begins {
            let begun = self.begin_own(&mut statement).await;
            begun.map_err(|error| self.setback(job, error, Left::Begun { statements: before }))?;
        }
        let subject = Subject {
            backend: site.backend,
            store: site.store,
            revision: &job.step.revision,
            side: site.connection,
            declaration: statement,
            is_resumed: declared.is_resumed,
        };
        let journal = Journal::new(site.live(Base::Held(self.work.held()), begins), &subject, past);
        let ran = self.run_code(job, begins, journal).await;
        let (ending, journal) = ran.map_err(|error| self.setback(job, error, Left::Begun { statements: before }))?;
        self.is_touched.fetch_or(journal.touches_session(), Ordering::Relaxed);
        let outcome = self.conclude(job, ending, &journal, before, begins).await;
        if outcome.is_err() && (begins || journal.is_begun()) {
            self.work.roll_back().await;
        }
        outcome
    }

    /// Begins the transaction that a revision asks for where it cannot hold the row. The row is written before.
    async fn begin_own(&self, declaration: &mut Option<String>) -> Result<(), DbErr> {
        let begin = self.site.backend.begin_text();
        let dialect = self.site.backend.sql_dialect();
        let text = match declaration.take() {
            Some(text) => format!("{begin}; {}; {text}; COMMIT; {begin}", self.site.store.clearing_text(dialect)),
            None => begin.to_owned(),
        };
        self.work.execute(&text).await.map(drop)
    }

    /// What came of the code.
    async fn conclude(
        &self,
        job: Job<'_>,
        ending: Ending,
        journal: &Journal,
        before: usize,
        begins: bool,
    ) -> Result<Ran, Setback> {
        // A transaction round all of the code is rolled back when that fails.
        let is_written = journal.declaration().is_none();
        let statements = if journal.is_held() { before } else { journal.finished() };
        let left = if is_written { Left::Begun { statements } } else { Left::Nothing };
        if let Some(error) = journal.divergence() {
            return Err(self.setback(job, error.clone(), left));
        }
        if let Ending::NeedsForeignKeysOff = ending {
            let text = "a table has to be rebuilt: let the revision run in a transaction";
            return Err(self.setback(job, DbErr::Custom(text.to_owned()), left));
        }
        self.judge(job, ending, journal.live(), left)?;
        if let Some(error) = journal.forgotten() {
            return Err(self.setback(job, error, left));
        }
        if journal.is_begun() {
            let text = "the revision ended inside of a transaction that it began";
            return Err(self.setback(job, DbErr::Custom(text.to_owned()), left));
        }
        if begins {
            let committed = self.work.execute("COMMIT").await;
            committed.map_err(|error| self.setback(job, error, Left::Begun { statements: before }))?;
        }
        let role = if journal.changes_role() { Role::Perhaps } else { Role::Engine };
        Ok(Ran { statements: journal.finished(), is_written, role })
    }

    /// The row of a revision that is done. The journal goes when the next one is opened, or at the end of the run.
    async fn record_end(&self, job: Job<'_>, row: Row, ran: &Ran, start: Instant) -> Result<(), DbErr> {
        let (store, dialect) = (self.site.store, self.site.backend.sql_dialect());
        let text = match (job.step.direction, ran.is_written) {
            (Direction::Upgrade, true) => store.update_text(dialect, &self.finished(row, start)),
            (Direction::Upgrade, false) => store.insertion_text(dialect, &self.finished(row, start)),
            (Direction::Downgrade, _) => store.deletion_text(dialect, &job.step.revision),
        };
        let own_role = self.site.backend.own_role();
        if ran.role == Role::Engine || own_role.is_empty() {
            return check_one(self.work.execute(&text).await?.rows_affected());
        }
        self.work.execute(&format!("{}{own_role}", self.site.backend.begin_text())).await?;
        let written = self.work.execute(&text).await.and_then(|result| check_one(result.rows_affected()));
        match written {
            Ok(()) => self.work.execute("COMMIT").await.map(drop),
            Err(error) => {
                self.work.roll_back().await;
                Err(error)
            }
        }
    }
}

/// Whether nothing may be left of a failed revision though the record says that it was begun: no statement is known to have
/// taken effect, and the last one was not left in the middle.
fn may_be_untouched(failure: &Failure) -> bool {
    let is_kept = failure.limit == Some(Limit::Lock) && failure.direction == Direction::Upgrade;
    let sent_nothing = failure.statement.is_none()
        && !matches!(&failure.cause, super::Cause::Database(error) if is_lost_connection(error));
    failure.left == (Left::Begun { statements: 0 }) && (is_kept || sent_nothing)
}
