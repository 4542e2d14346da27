//! Executes a revision whose every statement is journalled.

mod handler;
mod replay;

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, ExecResult, QueryResult, Statement};

use super::read_log::ReadLog;
use super::reads::{self, RecordedRead, Replay};
use super::{JournalEntry, StatementState};
use crate::backend::{Backend, TableFacts};
use crate::database_error::is_lost_connection;
use crate::error::Refusal;
use crate::intercept::{BatchCaller, StatementHandler};
use crate::session::{self, DirectSession};
use crate::sql::{self, SessionState, SqlDialect, StatementFacts, StatementKind, TransactionControl};
use crate::store::RevisionStore;
use handler::StatementRunner;

/// The finished statements of an interrupted run, by their numbers.
pub(crate) type FinishedEntries = HashMap<i64, JournalEntry>;

/// The savepoint that shows whether a statement ended the transaction of the code.
const HELD: &str = "seachange_held";

/// The revision of a journal, and where the journal is written.
pub(crate) struct JournalTarget<'a> {
    pub(crate) backend: &'static dyn Backend,
    pub(crate) store: &'a RevisionStore,
    pub(crate) revision: &'a str,
    /// A connection that runs no statement of the revision.
    pub(crate) side: &'a DatabaseConnection,
    /// The statement that records that the revision was begun, if it is to be sent together with the first change;
    /// `None` when the record says so already.
    pub(crate) declaration: Option<String>,
    /// Whether the revision was interrupted in an earlier session.
    pub(crate) is_resumed: bool,
}

/// What was counted at the begin of a transaction of the code.
#[derive(Debug, Clone, Copy)]
struct TransactionMark {
    finished: usize,
    unsettled: usize,
    has_gap: bool,
}

/// Executes the statements of one revision, and journals each.
pub(crate) struct JournalledSession {
    live: DirectSession,
    backend: &'static dyn Backend,
    dialect: SqlDialect,
    store: RevisionStore,
    revision: String,
    side: DatabaseConnection,
    declaration: Option<String>,
    /// The finished statements of an interrupted run, which are answered from the journal.
    past: FinishedEntries,
    /// Whether the revision was interrupted in an earlier session.
    is_resumed: bool,
    /// The number of the last statement.
    number: i64,
    /// How many statements took effect, in this run and before it.
    finished: usize,
    /// Whether a change of the schema has ended the transaction that the code still assumes to be open.
    is_committed: bool,
    /// Whether the code has begun a transaction with SQL.
    is_begun: bool,
    /// Where each open transaction of the code began.
    marks: Vec<TransactionMark>,
    /// The entries of statements in the open transaction whose changes stay, as a whole or in part, if it is rolled back.
    unsettled: Vec<JournalEntry>,
    /// The first statement of the open transaction that ran without an entry, although later ones have one.
    gap: Option<(i64, String)>,
    reads: ReadLog,
    /// Whether the code holds tables of MySQL by `LOCK TABLES`.
    holds_tables: bool,
    /// Whether this session has inserted rows, so that the server knows the id of the last one.
    has_inserted: bool,
    is_touched: bool,
    changes_role: bool,
    tables: HashMap<String, TableFacts>,
    /// Whether all changes of statements that are not understood are rolled back, by their texts.
    rolling_back: HashMap<String, bool>,
    /// The error when the code sends other statements than it did before.
    divergence: Option<DbErr>,
    /// Whether the code has sent a statement of a batch.
    is_in_batch: bool,
    /// Whether a batch was committed, of which the journal knows nothing.
    has_batches: bool,
}

impl JournalledSession {
    pub(crate) fn new(live: DirectSession, subject: &JournalTarget<'_>, past: FinishedEntries) -> Self {
        let mut journal = Self {
            live,
            backend: subject.backend,
            dialect: subject.backend.sql_dialect(),
            store: subject.store.clone(),
            revision: subject.revision.to_owned(),
            side: subject.side.clone(),
            declaration: subject.declaration.clone(),
            is_resumed: subject.is_resumed,
            past,
            number: 0,
            finished: 0,
            is_committed: false,
            is_begun: false,
            marks: Vec::new(),
            unsettled: Vec::new(),
            gap: None,
            reads: ReadLog::default(),
            holds_tables: false,
            has_inserted: false,
            is_touched: false,
            changes_role: false,
            tables: HashMap::new(),
            rolling_back: HashMap::new(),
            divergence: None,
            is_in_batch: false,
            has_batches: false,
        };
        journal.expect_reads();
        journal
    }

    /// How many statements took effect; the batches of backfills count as one.
    pub(crate) fn finished(&self) -> usize {
        // A transaction that is still open is rolled back. Rows that stay then count.
        let open = self.marks.first().filter(|_| self.is_begun());
        open.map_or(self.finished, |mark| mark.finished + self.unsettled.len()) + usize::from(self.has_batches)
    }

    /// The session of the code.
    pub(crate) fn live(&self) -> &DirectSession {
        &self.live
    }

    /// The statement that records that the revision was begun, if it was not sent: then the database has nothing of the
    /// revision.
    pub(crate) fn declaration(&self) -> Option<&str> {
        self.declaration.as_deref()
    }

    /// Whether the revision may have left state in the session.
    pub(crate) fn touches_session(&self) -> bool {
        self.is_touched
    }

    /// Whether the session may write under another role than the engine's.
    pub(crate) fn changes_role(&self) -> bool {
        self.changes_role
    }

    /// Whether the code has begun a transaction with SQL, and not ended it.
    pub(crate) fn is_begun(&self) -> bool {
        self.is_begun && !self.is_committed
    }

    /// Whether nothing has been committed since the transaction around the code began.
    pub(crate) fn is_rollback_possible(&self) -> bool {
        self.live.is_in_transaction() && !self.is_committed
    }

    /// The error for a finished statement that the code did not send again.
    pub(crate) fn unreplayed(&self) -> Option<DbErr> {
        let entry = self.past.values().min_by_key(|entry| entry.number)?;
        let (number, sql) = (entry.number, &entry.sql);
        Some(DbErr::Custom(format!("statement {number} ran before, and the code does not send it now: `{sql}`")))
    }

    /// Why the code cannot continue from where it was interrupted. The code itself may have ignored this error.
    pub(crate) fn divergence(&self) -> Option<&DbErr> {
        self.divergence.as_ref()
    }

    /// Decides whether SQL text is sent.
    fn admit(&mut self, statement: &Statement) -> Result<Vec<StatementFacts>, DbErr> {
        if let Some(error) = &self.divergence {
            return Err(error.clone());
        }
        let facts = sql::read(&statement.sql, self.backend.sql_dialect());
        if let Some(refusal) = session::outside(&facts, self.backend.sql_dialect()) {
            return Err(self.live.refuse(refusal, &statement.sql));
        }
        self.is_touched |= session::touches_session(&facts);
        self.changes_role |= session::changes_role(&facts);
        Ok(facts)
    }

    /// Decides whether SQL text is sent in a batch, whose transaction ends with its place.
    fn admit_in_batch(&mut self, statement: &Statement, caller: BatchCaller) -> Result<(), DbErr> {
        if let Some(error) = &self.divergence {
            return Err(error.clone());
        }
        self.is_in_batch = true;
        if caller == BatchCaller::Engine {
            return Ok(());
        }
        let facts = sql::read(&statement.sql, self.dialect);
        self.is_touched |= session::touches_session(&facts);
        self.changes_role |= session::changes_role(&facts);
        let is_doubtful = |facts: &StatementFacts| self.dialect == SqlDialect::MySql && !facts.is_understood;
        let ends = |facts: &StatementFacts| {
            facts.commits_implicitly
                || !matches!(facts.kind, StatementKind::Rows | StatementKind::Query)
                || is_doubtful(facts)
        };
        match facts.iter().any(ends) {
            true => Err(self.live.refuse(Refusal::NotInBatch, &statement.sql)),
            false => Ok(()),
        }
    }

    /// Refuses a statement of a resumed revision that needs state of the interrupted session.
    fn check_session(&mut self, statement: &Statement, facts: &[StatementFacts]) -> Result<(), DbErr> {
        let needs_last_id = || facts.iter().any(|facts| facts.session_reads.contains(&SessionState::LastInsertId));
        if !self.is_resumed || self.has_inserted || !needs_last_id() {
            return Ok(());
        }
        let what = "the id of the last inserted row".to_owned();
        Err(self.live.refuse(Refusal::LostSession { what }, &statement.sql))
    }

    /// Sends SQL text of the engine, under the engine's role.
    async fn tell(&self, sql: &str) -> Result<(), DbErr> {
        self.live.check_own().await?;
        let told = match (self.holds_tables, self.changes_role) {
            (true, _) => self.side.execute_unprepared(sql).await,
            (false, true) => self.live.executor().execute_unprepared(&self.backend.under_own_role(sql)).await,
            (false, false) => self.live.executor().execute_unprepared(sql).await,
        };
        told.map(drop)
    }

    /// Sends SQL text of the engine that is not part of the open transaction of the code: it stays as well as the rows that
    /// the transaction does not roll back.
    async fn tell_apart(&self, sql: &str) -> Result<(), DbErr> {
        if !self.is_in_transaction() || self.is_committed {
            return self.tell(sql).await;
        }
        self.live.check_own().await?;
        self.side.execute_unprepared(sql).await.map(drop)
    }

    /// Sends SQL text that begins or ends a transaction of the engine.
    async fn control_own(&self, sql: &str) -> Result<(), DbErr> {
        if sql != "ROLLBACK" {
            self.live.check_own().await?;
        }
        self.live.executor().execute_unprepared(sql).await.map(drop)
    }

    /// Records that the revision was begun, if that is not recorded yet, before a transaction of the code.
    async fn declare(&mut self) -> Result<(), DbErr> {
        if let Some(text) = self.opening() {
            self.tell_as_one(&text).await?;
            self.declaration = None;
        }
        Ok(())
    }

    /// Sends several statements of the engine in one transaction.
    async fn tell_as_one(&self, sql: &str) -> Result<(), DbErr> {
        let begin = self.backend.begin_text();
        if !self.changes_role {
            return self.tell(&format!("{begin}; {sql}; COMMIT")).await;
        }
        self.control_own(begin).await?;
        match self.tell(sql).await {
            Ok(()) => self.control_own("COMMIT").await,
            Err(error) => self.control_own("ROLLBACK").await.and(Err(error)),
        }
    }

    /// The statements that begin the journal of this revision; `None` when it is begun already.
    fn opening(&self) -> Option<String> {
        let declaration = self.declaration.as_ref()?;
        Some(format!("{}; {declaration}", self.store.clearing_text(self.dialect)))
    }

    fn entry_text(&self, entry: &JournalEntry) -> String {
        self.store.entry_text(self.backend, self.dialect, entry)
    }

    /// Executes a statement that changes rows, together with its entry.
    async fn run_with_entry<T>(&mut self, statement: Statement, run: impl StatementRunner<T>) -> Result<T, DbErr> {
        let entry = JournalEntry::started(&self.revision, self.number, &statement);
        let is_held = self.is_in_transaction() && !self.is_committed;
        if !is_held {
            self.open_with_entry().await?;
        }
        let outcome = self.run_and_enter(statement, entry, run, if is_held { "" } else { "; COMMIT" }).await;
        match &outcome {
            Ok(_) => {
                self.finished += 1;
                if !is_held {
                    self.declaration = None;
                }
            }
            // The commit may have been under way.
            Err(error) if !is_held && is_lost_connection(error) => self.declaration = None,
            Err(_) if !is_held => self.control_own("ROLLBACK").await?,
            Err(_) => {}
        }
        outcome
    }

    /// Begins the transaction of a statement and its entry, and begins the journal in it.
    async fn open_with_entry(&self) -> Result<(), DbErr> {
        let begin = self.backend.begin_text();
        match (self.opening(), self.changes_role) {
            (None, _) => self.control_own(begin).await,
            (Some(opening), false) => self.tell(&format!("{begin}; {opening}")).await,
            (Some(opening), true) => {
                self.control_own(begin).await?;
                self.tell(&opening).await
            }
        }
    }

    async fn run_and_enter<T>(
        &mut self,
        statement: Statement,
        entry: JournalEntry,
        run: impl StatementRunner<T>,
        end: &str,
    ) -> Result<T, DbErr> {
        let (answer, result) = run.run(&mut self.live, statement.clone(), self.backend).await?;
        self.reads.log_answer(run.read(&statement, &answer));
        let entry = JournalEntry { reads: reads::write(&self.reads.take()), ..finished(entry, result) };
        if self.changes_role {
            self.tell(&self.entry_text(&entry)).await?;
            if !end.is_empty() {
                self.control_own("COMMIT").await?;
            }
        } else {
            self.tell(&format!("{}{end}", self.entry_text(&entry))).await?;
        }
        Ok(answer)
    }

    /// Whether the code assumes an open transaction.
    fn is_in_transaction(&self) -> bool {
        self.is_begun || self.live.is_in_transaction()
    }

    /// Executes transaction control that was sent as SQL.
    async fn control(&mut self, statement: Statement, facts: &StatementFacts) -> Result<ExecResult, DbErr> {
        let control = facts.control.clone();
        if control == Some(TransactionControl::Begin) {
            if self.live.has_begun() {
                return Err(self.live.refuse(Refusal::SecondTransaction, &statement.sql));
            }
            self.declare().await?;
        }
        if control == Some(TransactionControl::Commit) {
            self.check_gap()?;
        }
        let result = self.live.execute(statement).await?;
        match control {
            Some(TransactionControl::Begin) => {
                self.is_begun = true;
                self.is_committed = false;
                self.mark();
            }
            Some(TransactionControl::Commit) => {
                self.end_text_transaction(false);
                self.settle().await?;
            }
            Some(TransactionControl::Rollback) => self.end_text_transaction(true),
            Some(TransactionControl::RollbackTo(_)) => self.unsettled.clear(),
            _ => {}
        }
        Ok(result)
    }

    fn end_text_transaction(&mut self, is_rolled_back: bool) {
        if std::mem::take(&mut self.is_begun) {
            self.unmark(is_rolled_back && !self.is_committed);
        }
        self.is_committed = false;
    }

    fn mark(&mut self) {
        self.marks.push(self.here());
        // `BEGIN` releases the tables.
        self.holds_tables = false;
        self.reads.begin();
    }

    fn here(&self) -> TransactionMark {
        TransactionMark { finished: self.finished, unsettled: self.unsettled.len(), has_gap: self.gap.is_some() }
    }

    fn unmark(&mut self, is_rolled_back: bool) {
        let mark = self.marks.pop();
        if let Some(mark) = mark.filter(|_| is_rolled_back) {
            self.finished = mark.finished + self.unsettled.len() - mark.unsettled;
            self.unsettled.truncate(mark.unsettled);
            self.gap = self.gap.take().filter(|_| mark.has_gap);
        }
        self.reads.end(is_rolled_back);
    }

    /// Records the end of the statements that were in doubt as long as their transaction was open. Those of a transaction
    /// that was rolled back stay in doubt.
    async fn settle(&mut self) -> Result<(), DbErr> {
        if self.is_in_transaction() && !self.is_committed {
            return Ok(());
        }
        for entry in std::mem::take(&mut self.unsettled) {
            self.tell(&self.store.entry_end_text(self.backend, self.dialect, &entry)).await?;
        }
        Ok(())
    }

    /// Executes a statement that no transaction holds: its entry is written before it, its end after it.
    async fn run_with_intent<T>(
        &mut self,
        statement: Statement,
        facts: &[StatementFacts],
        run: impl StatementRunner<T>,
    ) -> Result<T, DbErr> {
        if self.is_in_transaction() && self.backend.rolls_back_ddl() {
            return self.run_with_entry(statement, run).await;
        }
        let rolls_back = self.rolls_back(facts).await?;
        let entry = JournalEntry {
            reads: reads::write(&self.reads.take()),
            ..JournalEntry::started(&self.revision, self.number, &statement)
        };
        self.announce(&entry, rolls_back).await?;
        let is_atomic = is_atomic(facts);
        let may_commit = facts.iter().any(|facts| facts.commits_implicitly)
            && self.is_in_transaction()
            && !self.is_committed
            && !self.backend.rolls_back_ddl();
        if may_commit {
            self.control_own(&format!("SAVEPOINT {HELD}")).await?;
        }
        let outcome = run.run(&mut self.live, statement.clone(), self.backend).await;
        // The savepoint ends with its transaction. A statement that fails may end it or not.
        let is_lost = outcome.as_ref().is_err_and(is_lost_connection);
        if may_commit && !is_lost && self.control_own(&format!("RELEASE SAVEPOINT {HELD}")).await.is_err() {
            self.commit_implicitly();
        }
        self.follow(facts);
        if facts.iter().any(|facts| facts.kind != StatementKind::Rows) {
            self.forget_tables();
        }
        match outcome {
            Ok((answer, result)) => {
                self.finished += 1;
                let read = run.read(&statement, &answer);
                let entry =
                    JournalEntry { reads: with_answer(entry.reads.as_deref(), read), ..finished(entry, result) };
                let text = self.store.entry_end_text(self.backend, self.dialect, &entry);
                match rolls_back {
                    true => self.tell(&text).await?,
                    false => self.unsettled.push(entry),
                }
                self.settle().await?;
                Ok(answer)
            }
            // It is in doubt whether the statement took effect completely or in part, as the entry says.
            Err(error) if is_lost_connection(&error) || !is_atomic || !rolls_back => Err(error),
            Err(error) => {
                let entry = JournalEntry { state: StatementState::Refused, ..entry };
                self.tell(&self.store.entry_end_text(self.backend, self.dialect, &entry)).await?;
                Err(error)
            }
        }
    }

    /// Records a statement that is about to run.
    async fn announce(&mut self, entry: &JournalEntry, rolls_back: bool) -> Result<(), DbErr> {
        let intent = self.entry_text(entry);
        match self.opening() {
            Some(opening) => {
                self.tell_as_one(&format!("{opening}; {intent}")).await?;
                self.declaration = None;
                Ok(())
            }
            None if !rolls_back => self.tell_apart(&intent).await,
            None => self.tell(&intent).await,
        }
    }

    /// Whether a rollback undoes all changes of rows: not those of a table whose storage engine knows no transactions.
    pub(super) async fn rolls_back(&mut self, facts: &[StatementFacts]) -> Result<bool, DbErr> {
        let can_stay = self.dialect == SqlDialect::MySql;
        for facts in facts.iter().filter(|facts| can_stay && may_change_rows(facts)) {
            if !facts.is_understood && !self.rolls_back_all(&facts.text).await? {
                return Ok(false);
            }
            for table in &facts.writes {
                if !self.table(table).await?.rolls_back {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Whether a rollback undoes all that a statement or what it calls may change.
    async fn rolls_back_all(&mut self, sql: &str) -> Result<bool, DbErr> {
        if let Some(known) = self.rolling_back.get(sql) {
            return Ok(*known);
        }
        let found = self.backend.rolls_back_all(&self.live.executor(), sql).await?;
        self.rolling_back.insert(sql.to_owned(), found);
        Ok(found)
    }

    /// Forgets what is known of the tables, which may be others afterwards.
    pub(super) fn forget_tables(&mut self) {
        self.tables.clear();
        self.rolling_back.clear();
    }

    /// Records that the open transaction of the code is committed, which the code does not know.
    fn commit_implicitly(&mut self) {
        self.is_committed = true;
        let here = self.here();
        self.marks.fill(here);
        self.gap = None;
        self.reads.commit();
    }

    /// Records the transaction control and the locks of tables in SQL text of several statements.
    fn follow(&mut self, facts: &[StatementFacts]) {
        for facts in facts {
            match (&facts.control, facts.kind) {
                (Some(TransactionControl::Begin), _) => {
                    self.is_begun = true;
                    self.is_committed = false;
                    self.mark();
                }
                (Some(TransactionControl::Commit), _) => self.end_text_transaction(false),
                (Some(TransactionControl::Rollback), _) => self.end_text_transaction(true),
                (_, StatementKind::LockTables) => self.holds_tables = true,
                (_, StatementKind::UnlockTables) => self.holds_tables = false,
                _ => {}
            }
        }
    }

    /// Executes a statement whose effect ends with the session.
    async fn run_for_session(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        let entry = JournalEntry::started(&self.revision, self.number, &statement);
        let result = self.live.execute(statement).await?;
        self.finished += 1;
        self.declare().await?;
        let entry = JournalEntry { reads: reads::write(&self.reads.take()), ..finished(entry, (0, 0)) };
        self.tell(&self.entry_text(&entry)).await?;
        Ok(result)
    }

    /// Answers a query with its result from before the interruption, or executes it.
    async fn read(&mut self, statement: Statement, facts: &[StatementFacts]) -> Result<Vec<QueryResult>, DbErr> {
        let Some(recorded) = self.reads.next() else {
            if self.reads.is_replaying() {
                return Err(
                    self.diverge(&format!("the journal does not hold the result of this query: `{}`", statement.sql))
                );
            }
            self.check_session(&statement, facts)?;
            let rows = self.live.query(statement.clone()).await?;
            self.reads.log(RecordedRead::of(&statement, &rows));
            return Ok(rows);
        };
        if !recorded.is_same(&statement) {
            return Err(self.diverge(&format!("the code sends another query than before: `{}`", statement.sql)));
        }
        let dialect = self.backend.sql_dialect();
        let rows = match recorded.replay(dialect, &self.side, &self.live.executor()).await? {
            Replay::Rows(rows) => rows,
            Replay::RunAndCompare => self.live.query(statement.clone()).await?,
        };
        if !recorded.gives(&rows) {
            return Err(self.diverge(&format!("a large result differs from the earlier one: `{}`", statement.sql)));
        }
        // It is in the journal, with the finished statement after it.
        Ok(rows)
    }

    /// Locks or unlocks tables: the statement runs whenever the revision does.
    async fn lock_tables(&mut self, statement: Statement, facts: &[StatementFacts]) -> Result<ExecResult, DbErr> {
        self.declare().await?;
        let result = self.live.execute(statement).await?;
        // `UNLOCK TABLES` without locked tables does nothing.
        let ends = self.holds_tables || facts.iter().any(|facts| facts.kind == StatementKind::LockTables);
        if ends && self.is_in_transaction() {
            self.commit_implicitly();
        }
        self.follow(facts);
        self.settle().await?;
        Ok(result)
    }
}

/// Whether the database undoes all of the SQL text when it fails.
fn is_atomic(facts: &[StatementFacts]) -> bool {
    matches!(facts, [facts] if facts.is_atomic)
}

/// Whether a statement changes rows that a transaction could hold.
fn may_change_rows(facts: &StatementFacts) -> bool {
    match facts.kind {
        StatementKind::Rows => true,
        StatementKind::Query => facts.may_write,
        StatementKind::Schema => false,
        _ => !facts.is_understood,
    }
}

/// The reads in the format of the journal, with the result of the statement itself at the end.
fn with_answer(reads: Option<&str>, answer: Option<RecordedRead>) -> Option<String> {
    let Some(answer) = answer else { return reads.map(str::to_owned) };
    let mut all = reads::parse(reads).unwrap_or_default();
    all.push(answer);
    reads::write(&all)
}

fn finished(entry: JournalEntry, (rows_affected, last_insert_id): (u64, u64)) -> JournalEntry {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    JournalEntry {
        state: StatementState::Finished,
        rows_affected: count(rows_affected),
        last_insert_id: count(last_insert_id),
        ..entry
    }
}
