//! Executes the statements of a revision inside of the engine's transaction.
//!
//! A statement that would end the transaction is refused before it is sent. If a statement ends the transaction in
//! another way, the engine detects it afterwards: its savepoint ends with its transaction.

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbErr, ExecResult, QueryResult, Statement};

use super::DirectSession;
use super::policy::{self, Decision};
use crate::error::Refusal;
use crate::intercept::{BeginOptions, StatementHandler};
use crate::sql::{self, SqlDialect, StatementFacts};

/// Whether the transaction ended while the code ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransactionEnd {
    /// The code sent nothing that could have ended it.
    No,
    /// The database rolled it back because a statement failed; no statement ran after that.
    RolledBack,
    /// A statement that the engine does not understand may have ended it.
    Perhaps,
}

/// Runs the statements of one revision inside of the engine's transaction.
pub(crate) struct GuardedSession {
    pub(crate) live: DirectSession,
    dialect: SqlDialect,
    are_foreign_keys_off: bool,
    /// Whether the session can be replaced after the revision.
    is_replaceable: bool,
    /// The code switches foreign keys off. The engine has to do this before the transaction.
    needs_foreign_keys_off: bool,
    /// With foreign keys off: whether the code needs that, to rebuild a table or to switch them off itself.
    uses_foreign_keys_off: bool,
    touches_session: bool,
    changes_role: bool,
    ended: TransactionEnd,
    /// The statement after which no transaction was open.
    ended_by: Option<String>,
}

impl GuardedSession {
    pub(crate) fn new(
        live: DirectSession,
        dialect: SqlDialect,
        are_foreign_keys_off: bool,
        is_replaceable: bool,
    ) -> Self {
        Self {
            live,
            dialect,
            are_foreign_keys_off,
            is_replaceable,
            needs_foreign_keys_off: false,
            uses_foreign_keys_off: false,
            touches_session: false,
            changes_role: false,
            ended: TransactionEnd::No,
            ended_by: None,
        }
    }

    /// Whether the revision has to begin again with foreign keys off.
    pub(crate) fn needs_foreign_keys_off(&self) -> bool {
        self.needs_foreign_keys_off
    }

    /// Whether the code, which runs with foreign keys off, needs that.
    pub(crate) fn uses_foreign_keys_off(&self) -> bool {
        self.uses_foreign_keys_off
    }

    /// Whether the revision may have left state in the session.
    pub(crate) fn touches_session(&self) -> bool {
        self.touches_session
    }

    /// The refusal for code that continued after a statement that ended the transaction.
    pub(crate) fn ended_refusal(&self) -> Option<Refusal> {
        self.ended_by.clone().map(|by| Refusal::TransactionEnded { by })
    }

    /// Whether the session may write under another role than the engine's.
    pub(crate) fn changes_role(&self) -> bool {
        self.changes_role
    }

    /// Whether the transaction ended.
    pub(crate) fn ended(&self) -> TransactionEnd {
        self.ended
    }

    /// Decides whether SQL text is sent.
    fn admit(&mut self, statement: &Statement) -> Result<Vec<StatementFacts>, DbErr> {
        let facts = sql::read(&statement.sql, self.dialect);
        if !self.is_replaceable && policy::lasts(&facts) {
            return Err(self.live.refuse(Refusal::LastingSetting, &statement.sql));
        }
        match policy::in_transaction(&facts, self.are_foreign_keys_off) {
            Decision::Send => {
                self.uses_foreign_keys_off |= policy::switches_foreign_keys(&facts);
                self.touches_session |= policy::touches_session(&facts);
                self.changes_role |= policy::changes_role(&facts);
                Ok(facts)
            }
            Decision::Refuse(refusal) => Err(self.live.refuse(refusal, &statement.sql)),
            Decision::NeedsForeignKeysOff => {
                self.needs_foreign_keys_off = true;
                Err(self.live.refuse(Refusal::Pragma { name: "foreign_keys".to_owned() }, &statement.sql))
            }
        }
    }

    /// Checks that the transaction is still open, after a statement that may have ended it.
    async fn check<T>(&mut self, sql: &str, facts: &[StatementFacts], outcome: Result<T, DbErr>) -> Result<T, DbErr> {
        let may_end = policy::may_end_transaction(facts);
        if may_end && outcome.is_ok() && self.ended == TransactionEnd::No {
            self.ended = TransactionEnd::Perhaps;
        }
        // PostgreSQL ends a transaction only when a statement says so.
        if self.dialect != SqlDialect::Sqlite || outcome.is_ok() && !may_end || !self.is_over().await {
            return outcome;
        }
        self.ended_by = Some(sql.to_owned());
        match outcome {
            Err(error) => {
                if self.ended == TransactionEnd::No {
                    self.ended = TransactionEnd::RolledBack;
                }
                self.live.stop(&error);
                Err(error)
            }
            Ok(_) => Err(self.live.refuse(Refusal::TransactionEnded { by: sql.to_owned() }, sql)),
        }
    }

    /// Whether SQLite has no open transaction. It refuses to begin one inside of another.
    async fn is_over(&self) -> bool {
        let executor = self.live.executor();
        let is_over = executor.execute_unprepared("BEGIN").await.is_ok();
        if is_over {
            // The transaction is empty. If it stayed open, a later `BEGIN` would fail.
            let _ = executor.execute_unprepared("ROLLBACK").await;
        }
        is_over
    }
}

#[async_trait]
impl StatementHandler for GuardedSession {
    async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        let facts = self.admit(&statement)?;
        let sql = statement.sql.clone();
        let outcome = self.live.execute(statement).await;
        self.check(&sql, &facts, outcome).await
    }

    async fn execute_restored(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.uses_foreign_keys_off = true;
        let outcome = self.live.execute(statement).await;
        // Then the setting may not be restored.
        self.touches_session |= outcome.is_err();
        outcome
    }

    async fn query(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let facts = self.admit(&statement)?;
        let sql = statement.sql.clone();
        let outcome = self.live.query(statement).await;
        self.check(&sql, &facts, outcome).await
    }

    async fn begin(&mut self, begin: BeginOptions) -> Result<(), DbErr> {
        match policy::begin(begin, self.dialect) {
            Some(refusal) => Err(self.live.refuse(refusal, "BEGIN")),
            None => self.live.begin(begin).await,
        }
    }

    async fn commit(&mut self) -> Result<(), DbErr> {
        self.live.commit().await
    }

    async fn rollback(&mut self) -> Result<(), DbErr> {
        self.live.rollback().await
    }
}
