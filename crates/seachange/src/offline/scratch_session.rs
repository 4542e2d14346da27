//! The connection for the code of a revision that runs on a scratch database.

use async_trait::async_trait;
use sea_orm::{DbErr, ExecResult, QueryResult, Statement};

use super::query_kind;
use super::recorder::{StatementRecorder, fake_exec_result};
use super::schema_question::reads_schema_alone;
use crate::alter::offline_scope::Recording;
use crate::database_error::database_error;
use crate::error::ScriptErrorKind;
use crate::intercept::{BeginOptions, StatementHandler};
use crate::session::DirectSession;
use crate::sql::{StatementFacts, StatementKind, read};

/// What happens to statements in addition to running them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScratchMode {
    /// Nothing: the real database has run them already.
    Replay,
    /// They are recorded for the script.
    Write,
}

/// The scratch database, which answers the code of a revision in place of the real one.
pub(super) struct ScratchSession {
    pub(super) live: DirectSession,
    pub(super) sheet: StatementRecorder,
    pub(super) purpose: ScratchMode,
}

impl ScratchSession {
    /// Runs one or more statements. Statements that write rows may fail, because the scratch database lacks the real
    /// rows.
    async fn run(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        let parts = read(&statement.sql, self.sheet.dialect.grammar());
        let is_write = |part: &StatementFacts| part.kind == StatementKind::Rows;
        if !parts.iter().any(is_write) {
            return self.live.execute(statement).await;
        }
        if parts.len() < 2 {
            return self.run_write(statement).await;
        }
        for part in parts {
            let statement = Statement::from_string(statement.db_backend, &part.text);
            if is_write(&part) {
                self.run_write(statement).await?
            } else {
                self.live.execute(statement).await?
            };
        }
        fake_exec_result()
    }

    /// Whether the scratch database gives the same answer to a query as the real one.
    async fn is_answered(&self, statement: &Statement) -> Result<bool, DbErr> {
        reads_schema_alone(&self.live.executor(), statement, self.sheet.dialect.grammar()).await
    }

    async fn run_write(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        match (self.live.execute(statement).await, self.purpose) {
            (Err(error), _) if !is_constraint(&error) => Err(error),
            (Ok(result), ScratchMode::Replay) => Ok(result),
            _ => fake_exec_result(),
        }
    }
}

/// SQLite's primary result code CONSTRAINT.
fn is_constraint(error: &DbErr) -> bool {
    let code = database_error(error).and_then(|error| error.code()?.parse::<i32>().ok());
    code.is_some_and(|code| code & 0xff == 19)
}

#[async_trait]
impl StatementHandler for ScratchSession {
    fn recording(&self) -> Option<Recording> {
        // On SQLite a check keeps its text when its table is rebuilt.
        (self.purpose == ScratchMode::Write).then_some(Recording::WithoutColumnChecks)
    }

    async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        if self.purpose == ScratchMode::Write {
            self.sheet.write(&statement)?;
        }
        self.run(statement).await
    }

    async fn query(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        if self.purpose == ScratchMode::Write && !self.is_answered(&statement).await? {
            let reading = query_kind::classify(&statement.sql, self.sheet.dialect.grammar());
            return Err(self.sheet.refuse(ScriptErrorKind::Reads(reading), &statement));
        }
        self.live.query(statement).await
    }

    async fn begin(&mut self, begin: BeginOptions) -> Result<(), DbErr> {
        self.sheet.begin();
        self.live.begin(begin).await
    }

    async fn commit(&mut self) -> Result<(), DbErr> {
        self.sheet.commit();
        self.live.commit().await
    }

    async fn rollback(&mut self) -> Result<(), DbErr> {
        self.sheet.rollback();
        self.live.rollback().await
    }

    async fn execute_check(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.live.execute(statement).await
    }

    async fn query_check(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.live.query(statement).await
    }
}
