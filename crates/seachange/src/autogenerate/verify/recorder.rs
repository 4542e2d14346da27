//! Runs statements and records them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use sea_orm::{DbErr, ExecResult, QueryResult, Statement};

use super::schema_names::rewrite_schema_names;
use crate::alter::offline_scope::Recording;
use crate::autogenerate::scratch::inert;
use crate::intercept::{BeginOptions, StatementHandler};
use crate::session::DirectSession;

/// A session on the scratch schema, and the statements that were sent to it.
pub(super) struct Recorder {
    pub(super) live: DirectSession,
    pub(super) statements: Vec<String>,
    /// The scratch schemas, by the names of the schemas that they replace.
    pub(super) places: BTreeMap<String, String>,
    /// Whether an alteration omits the statements that only check it, as an offline script does.
    pub(super) is_script: bool,
}

impl Recorder {
    /// Returns the statement with the schemas of the copy, so that it touches no rows outside of the copy.
    fn placed(&self, statement: Statement) -> Statement {
        let statement = Statement { sql: inert(statement.sql), ..statement };
        if self.places.is_empty() {
            return statement;
        }
        Statement { sql: rewrite_schema_names(&statement.sql, &self.places), ..statement }
    }
}

#[async_trait]
impl StatementHandler for Recorder {
    fn recording(&self) -> Option<Recording> {
        self.is_script.then_some(Recording::WithoutColumnChecks)
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
