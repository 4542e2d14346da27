//! The two ways in which code sends a statement: to be executed, or for its rows.

use async_trait::async_trait;
use sea_orm::{DbErr, ExecResult, QueryResult, Statement};

use crate::intercept::StatementHandler;
use crate::session::DirectSession;

/// Whether a precondition locks a table, so that no row is written between a count and the change. Without a transaction
/// that has both, a lock would end at once, and PostgreSQL refuses it.
pub(super) fn is_lock(statement: &Statement) -> bool {
    statement.sql.starts_with("LOCK TABLE ")
}

/// A way to send a statement.
#[async_trait]
pub(super) trait Sending {
    /// What the code gets.
    type Answer: Send;

    /// Sends a statement.
    async fn send(live: &mut DirectSession, statement: Statement) -> Result<Self::Answer, DbErr>;
}

/// The code wants the number of changed rows at most.
pub(super) struct Executed;

#[async_trait]
impl Sending for Executed {
    type Answer = ExecResult;

    async fn send(live: &mut DirectSession, statement: Statement) -> Result<ExecResult, DbErr> {
        live.execute(statement).await
    }
}

/// The code wants rows.
pub(super) struct Queried;

#[async_trait]
impl Sending for Queried {
    type Answer = Vec<QueryResult>;

    async fn send(live: &mut DirectSession, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        live.query(statement).await
    }
}
