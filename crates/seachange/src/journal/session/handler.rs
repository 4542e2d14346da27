//! The statements and the transactions that the code of a revision sends.

use async_trait::async_trait;
use sea_orm::{DbErr, ExecResult, QueryResult, Statement};

use super::JournalledSession;
use crate::backend::Backend;
use crate::error::Refusal;
use crate::intercept::{self, BatchCaller, BeginOptions, StatementHandler};
use crate::journal::JournalEntry;
use crate::journal::reads::RecordedRead;
use crate::journal::statement_kind::{JournalEffect, effect};
use crate::session::{self, DirectSession};
use crate::sql::StatementFacts;

#[async_trait]
impl StatementHandler for JournalledSession {
    async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        let facts = self.admit(&statement)?;
        let effect = effect(&facts, self.holds_tables);
        match (effect, facts.as_slice()) {
            (JournalEffect::Nothing | JournalEffect::Passing | JournalEffect::Read, _) => {
                // `USE` changes which tables are meant.
                self.forget_tables();
                return self.live.execute(statement).await;
            }
            (JournalEffect::Control, [only]) => return self.control(statement, only).await,
            (JournalEffect::LockTables, _) => return self.lock_tables(statement, &facts).await,
            _ => {}
        }
        if let Some(entry) = self.next_replayed(&statement, &facts).await? {
            self.check_lost(effect, &entry)?;
            self.answered(&entry)?;
            self.end_as_replayed(&facts).await?;
            return intercept::executed(entry.rows_affected.unsigned_abs(), entry.last_insert_id.unsigned_abs());
        }
        let result = match effect {
            JournalEffect::Session if self.rolls_back(&facts).await? => return self.run_for_session(statement).await,
            JournalEffect::Rows if self.rolls_back(&facts).await? => self.run_with_entry(statement, Execute).await,
            _ => self.run_with_intent(statement, &facts, Execute).await,
        };
        self.has_inserted |= result.is_ok() && effect == JournalEffect::Rows;
        result
    }

    async fn query(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let facts = self.admit(&statement)?;
        let effect = effect(&facts, self.holds_tables);
        if matches!(effect, JournalEffect::Nothing | JournalEffect::Passing) {
            return self.live.query(statement).await;
        }
        if effect == JournalEffect::Read {
            return self.read(statement, &facts).await;
        }
        if let Some(entry) = self.next_replayed(&statement, &facts).await? {
            self.check_lost(effect, &entry)?;
            return self.recalled_rows(&entry, statement).await;
        }
        let result = match effect {
            JournalEffect::Rows if self.rolls_back(&facts).await? => self.run_with_entry(statement, Query).await,
            _ => self.run_with_intent(statement, &facts, Query).await,
        };
        self.has_inserted |= result.is_ok() && effect == JournalEffect::Rows;
        result
    }

    /// The journal does not keep the answer: the rows that the query counts may be different ones when the revision is
    /// resumed, and a change that is answered from the journal is made already.
    async fn query_precondition(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.admit(&statement)?;
        if self.reads.is_replaying() { Ok(Vec::new()) } else { self.live.query(statement).await }
    }

    /// The batch commits together with its place, which says more than an entry of the journal.
    async fn execute_in_batch(&mut self, statement: Statement, caller: BatchCaller) -> Result<ExecResult, DbErr> {
        self.admit_in_batch(&statement, caller)?;
        self.live.execute(statement).await
    }

    async fn query_in_batch(&mut self, statement: Statement, caller: BatchCaller) -> Result<Vec<QueryResult>, DbErr> {
        self.admit_in_batch(&statement, caller)?;
        self.live.query(statement).await
    }

    async fn begin(&mut self, begin: BeginOptions) -> Result<(), DbErr> {
        if self.live.has_begun() && begin.is_on_connection || self.is_begun() {
            return Err(self.live.refuse(Refusal::SecondTransaction, "BEGIN"));
        }
        if let Some(refusal) = session::begin(begin, self.backend.sql_dialect()) {
            return Err(self.live.refuse(refusal, "BEGIN"));
        }
        self.declare().await?;
        self.live.begin(begin).await?;
        self.is_committed = false;
        self.mark();
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), DbErr> {
        if self.marks.len() == 1 {
            self.check_gap()?;
        }
        let committed = self.live.commit().await;
        self.has_batches |= self.is_in_batch && committed.is_ok();
        self.unmark(committed.is_err() && !self.is_committed);
        self.is_committed = false;
        committed?;
        self.settle().await
    }

    async fn rollback(&mut self) -> Result<(), DbErr> {
        self.unmark(!self.is_committed);
        self.is_committed = false;
        self.live.rollback().await
    }
}

impl JournalledSession {
    /// Ends the transaction that the code has begun again, where a statement that is answered from the journal ended it before.
    /// Nothing was written in it: what came before was answered too.
    async fn end_as_replayed(&mut self, facts: &[StatementFacts]) -> Result<(), DbErr> {
        let commits = facts.iter().any(|facts| facts.commits_implicitly);
        if commits && self.is_in_transaction() && !self.is_committed && !self.backend.rolls_back_ddl() {
            self.control_own("COMMIT").await?;
            self.commit_implicitly();
        }
        Ok(())
    }

    /// Refuses to answer a statement from the journal whose effect ended with the session of the interrupted run.
    fn check_lost(&mut self, effect: JournalEffect, entry: &JournalEntry) -> Result<(), DbErr> {
        if effect != JournalEffect::Session {
            return Ok(());
        }
        let (number, sql) = (entry.number, &entry.sql);
        Err(self.diverge(&format!("what statement {number} created was lost with its session: `{sql}`")))
    }
}

/// Executes a statement: returns the result for the code, and the counts for the journal.
#[async_trait]
pub(super) trait StatementRunner<T>: Send + Sync {
    async fn run(
        &self,
        live: &mut DirectSession,
        statement: Statement,
        backend: &dyn Backend,
    ) -> Result<(T, (u64, u64)), DbErr>;

    /// The result for the journal, if it has rows.
    fn read(&self, statement: &Statement, answer: &T) -> Option<RecordedRead>;
}

struct Execute;

struct Query;

#[async_trait]
impl StatementRunner<ExecResult> for Execute {
    async fn run(
        &self,
        live: &mut DirectSession,
        statement: Statement,
        backend: &dyn Backend,
    ) -> Result<(ExecResult, (u64, u64)), DbErr> {
        let result = live.execute(statement).await?;
        let counts = (result.rows_affected(), backend.last_insert_id(&result));
        Ok((result, counts))
    }

    fn read(&self, _statement: &Statement, _answer: &ExecResult) -> Option<RecordedRead> {
        None
    }
}

#[async_trait]
impl StatementRunner<Vec<QueryResult>> for Query {
    async fn run(
        &self,
        live: &mut DirectSession,
        statement: Statement,
        _backend: &dyn Backend,
    ) -> Result<(Vec<QueryResult>, (u64, u64)), DbErr> {
        let rows = live.query(statement).await?;
        let count = rows.len() as u64;
        Ok((rows, (count, 0)))
    }

    fn read(&self, statement: &Statement, answer: &Vec<QueryResult>) -> Option<RecordedRead> {
        Some(RecordedRead::of(statement, answer))
    }
}
