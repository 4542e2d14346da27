//! The statements that revisions send on a scratch database.

use async_trait::async_trait;
use sea_orm::{DbErr, ExecResult, QueryResult, Statement};

use super::error::SquashError;
use super::statements::{of_rows, reads_rows};
use crate::alter::offline_scope::is_alteration;
use crate::autogenerate::replay::{Replay, ReplayTransaction};
use crate::backend::dialect::Dialect;
use crate::backend::dialect::with_values;
use crate::database_error::reason_with_detail;
use crate::intercept::{BeginOptions, StatementHandler};
use crate::revision::RegisteredRevision;
use crate::session::DirectSession;

/// What a revision sent.
#[derive(Debug, Default)]
pub(super) struct SentStatements {
    /// The statements that change rows, with their values.
    pub(super) data: Vec<String>,
    /// Whether it has read rows.
    pub(super) reads: bool,
}

/// Runs the upgrade of a revision on the scratch database as the runner does.
///
/// # Errors
///
/// [`SquashError::Revision`].
pub(super) async fn run(replay: &Replay, script: &'static RegisteredRevision) -> Result<SentStatements, SquashError> {
    let dialect = replay.dialect();
    let failed = |reason: String| SquashError::Revision {
        revision: script.revision.id.to_owned(),
        file: script.file.to_owned(),
        reason,
    };
    let session =
        |live| RowSession { live, dialect, sent: SentStatements::default(), marks: Vec::new(), unwritten: None };
    let ended = replay.run(script, ReplayTransaction::AsInARun, session).await;
    let ended = ended.map_err(|error| failed(reason_with_detail(&error)))?;
    match (ended.failure, ended.session.unwritten) {
        (None, None) => Ok(ended.session.sent),
        (Some(reason), _) => Err(failed(reason)),
        (None, Some(reason)) => Err(failed(reason.to_owned())),
    }
}

/// A session on the scratch database, with the statements that change rows.
struct RowSession {
    live: DirectSession,
    dialect: &'static dyn Dialect,
    sent: SentStatements,
    /// For each open transaction the number of statements before it.
    marks: Vec<usize>,
    /// Why a statement cannot be written with its values.
    unwritten: Option<&'static str>,
}

impl RowSession {
    /// Records a statement, unless it is part of an alteration, which changes the schema.
    fn record(&mut self, statement: &Statement) {
        if is_alteration() {
            return;
        }
        match with_values(self.dialect, statement) {
            Ok(text) => self.sent.data.extend(of_rows(&text, self.dialect.grammar())),
            Err(reason) => self.unwritten = Some(reason),
        }
    }
}

#[async_trait]
impl StatementHandler for RowSession {
    async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.record(&statement);
        self.live.execute(statement).await
    }

    async fn query(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.sent.reads |= !is_alteration() && reads_rows(&statement.sql, self.dialect.grammar());
        self.record(&statement);
        self.live.query(statement).await
    }

    async fn begin(&mut self, begin: BeginOptions) -> Result<(), DbErr> {
        self.marks.push(self.sent.data.len());
        self.live.begin(begin).await
    }

    async fn commit(&mut self) -> Result<(), DbErr> {
        self.marks.pop();
        self.live.commit().await
    }

    async fn rollback(&mut self) -> Result<(), DbErr> {
        if let Some(mark) = self.marks.pop() {
            self.sent.data.truncate(mark);
        }
        self.live.rollback().await
    }

    async fn execute_check(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.live.execute(statement).await
    }

    async fn query_check(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.live.query(statement).await
    }
}
