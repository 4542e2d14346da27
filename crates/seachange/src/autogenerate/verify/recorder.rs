//! Statements, run and written down.

use std::collections::BTreeMap;

use async_trait::async_trait;
use sea_orm::{DbErr, ExecResult, QueryResult, Statement};

use super::schema_names::rewrite_schema_names;
use crate::intercept::{BeginOptions, StatementHandler};
use crate::runner::DirectSession;

/// The scratch schema, and the statements that it was sent.
pub(super) struct Recorder {
    pub(super) live: DirectSession,
    pub(super) statements: Vec<String>,
    /// The schemas that stand for others, by the names of those.
    pub(super) places: BTreeMap<String, String>,
    /// Whether an alteration leaves out what only checks it, as a script does.
    pub(super) is_script: bool,
}

impl Recorder {
    /// The statement for the copy.
    fn placed(&self, statement: Statement) -> Statement {
        if self.places.is_empty() {
            return statement;
        }
        Statement { sql: rewrite_schema_names(&statement.sql, &self.places), ..statement }
    }
}

#[async_trait]
impl StatementHandler for Recorder {
    fn writes_down(&self) -> bool {
        self.is_script
    }

    async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.statements.push(statement.to_string());
        self.live.execute(self.placed(statement)).await
    }

    async fn query(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.live.query(self.placed(statement)).await
    }

    async fn begin(&mut self, begin: BeginOptions) -> Result<(), DbErr> {
        self.statements.push("BEGIN".to_owned());
        self.live.begin(begin).await
    }

    async fn commit(&mut self) -> Result<(), DbErr> {
        self.statements.push("COMMIT".to_owned());
        self.live.commit().await
    }

    async fn rollback(&mut self) -> Result<(), DbErr> {
        self.statements.push("ROLLBACK".to_owned());
        self.live.rollback().await
    }

    async fn execute_check(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.live.execute(self.placed(statement)).await
    }

    async fn query_check(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.live.query(self.placed(statement)).await
    }
}
