//! Records the code of a revision without a database.

use async_trait::async_trait;
use sea_orm::{DbErr, ExecResult, QueryResult, Statement};

use super::query_kind;
use super::recorder::{RecordedStatement, StatementRecorder, fake_exec_result};
use crate::alter::offline_scope::Recording;
use crate::backend::dialect::Dialect;
use crate::error::{ScriptError, ScriptErrorKind};
use crate::intercept::{self, BeginOptions, CodeOptions, RunOutcome, StatementHandler};
use crate::runner::StepContext;

/// A session without a database.
struct ScriptSession {
    sheet: StatementRecorder,
    recording: Recording,
}

/// Records the statements that a revision sends, for some databases.
pub(super) async fn write_down(
    dialect: &'static dyn Dialect,
    job: StepContext<'_>,
    in_transaction: bool,
    options: &CodeOptions,
    recording: Recording,
) -> Result<Vec<RecordedStatement>, Box<ScriptError>> {
    let paper = ScriptSession { sheet: StatementRecorder::new(dialect, in_transaction), recording };
    match intercept::run(job.code(in_transaction, options), dialect.backend(), paper).await {
        Ok((ending, paper)) => paper.sheet.into_statements(job, ending),
        Err(error) => StatementRecorder::new(dialect, in_transaction).into_statements(job, RunOutcome::Failed(error)),
    }
}

#[async_trait]
impl StatementHandler for ScriptSession {
    fn recording(&self) -> Option<Recording> {
        Some(self.recording)
    }

    async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.sheet.write(&statement)?;
        fake_exec_result()
    }

    async fn query(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let reading = query_kind::classify(&statement.sql, self.sheet.dialect.grammar());
        Err(self.sheet.refuse(ScriptErrorKind::Reads(reading), &statement))
    }

    async fn begin(&mut self, _begin: BeginOptions) -> Result<(), DbErr> {
        self.sheet.begin();
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), DbErr> {
        self.sheet.commit();
        Ok(())
    }

    async fn rollback(&mut self) -> Result<(), DbErr> {
        self.sheet.rollback();
        Ok(())
    }
}
