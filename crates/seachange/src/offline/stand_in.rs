//! What the code of a revision talks to while it runs on a scratch database.

use async_trait::async_trait;
use sea_orm::{DbErr, ExecResult, QueryResult, Statement};

use super::error::Obstacle;
use super::reading;
use super::schema_question::reads_schema_alone;
use super::sheet::{Sheet, pretended};
use crate::database_error::database_error;
use crate::relay::{Begin, Session};
use crate::runner::Live;
use crate::sql::{Facts, StatementKind, read};

/// What is done with statements beside running them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Nothing: the real database has been through it.
    Replay,
    /// They are written down.
    Write,
}

/// The scratch database, as it answers the code of a revision in the place of the real one.
pub(super) struct StandIn {
    pub(super) live: Live,
    pub(super) sheet: Sheet,
    pub(super) purpose: Purpose,
}

impl StandIn {
    /// Runs a statement, or several, of which those that write rows may fail for want of other rows.
    async fn run(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        let parts = read(&statement.sql, self.sheet.dialect.grammar());
        let is_write = |part: &Facts| part.kind == StatementKind::Rows;
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
        pretended()
    }

    /// Whether the scratch database answers a query as the real one would.
    async fn is_answered(&self, statement: &Statement) -> Result<bool, DbErr> {
        reads_schema_alone(&self.live.executor(), statement, self.sheet.dialect.grammar()).await
    }

    async fn run_write(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        match (self.live.execute(statement).await, self.purpose) {
            (Err(error), _) if !is_constraint(&error) => Err(error),
            (Ok(result), Purpose::Replay) => Ok(result),
            _ => pretended(),
        }
    }
}

/// SQLite's primary result code CONSTRAINT.
fn is_constraint(error: &DbErr) -> bool {
    let code = database_error(error).and_then(|error| error.code()?.parse::<i32>().ok());
    code.is_some_and(|code| code & 0xff == 19)
}

#[async_trait]
impl Session for StandIn {
    fn writes_down(&self) -> bool {
        self.purpose == Purpose::Write
    }

    async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        if self.purpose == Purpose::Write {
            self.sheet.write(&statement)?;
        }
        self.run(statement).await
    }

    async fn query(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        if self.purpose == Purpose::Write && !self.is_answered(&statement).await? {
            let reading = reading::of(&statement.sql, self.sheet.dialect.grammar());
            return Err(self.sheet.refuse(Obstacle::Reads(reading), &statement));
        }
        self.live.query(statement).await
    }

    async fn begin(&mut self, begin: Begin) -> Result<(), DbErr> {
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
