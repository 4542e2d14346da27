//! A scratch database on which revisions run, with the statements that they send.

use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, ExecResult, QueryResult, Statement};
use seachange_graph::Direction;

use super::error::{SquashError, broken};
use super::statements::{of_rows, reads_rows};
use crate::alter::offline_scope::is_alteration;
use crate::alter::set_foreign_keys;
use crate::autogenerate::scratch::ScratchDatabase;
use crate::backend::dialect::{self, Dialect};
use crate::backend::{self, Backend};
use crate::connection::{self, ConnectError, SingleConnection};
use crate::database_error::reason_with_detail;
use crate::event::EventHandler;
use crate::intercept::{self, BeginOptions, CodeOptions, DirectedMigration, Invocation, RunOutcome, StatementHandler};
use crate::limits::Deadline;
use crate::offline::with_values;
use crate::revision::RegisteredRevision;
use crate::runner::is_transactional;
use crate::session::{Connection, DirectSession};
use crate::settings::DatabaseSettings;

/// An empty database on the server of another one, or in memory.
pub(super) struct Replay {
    database: ScratchDatabase,
    pinned: SingleConnection,
    backend: &'static dyn Backend,
    dialect: &'static dyn Dialect,
}

/// What a revision sent.
#[derive(Debug, Default)]
pub(super) struct SentStatements {
    /// The statements that change rows, with their values.
    pub(super) data: Vec<String>,
    /// Whether it has read rows.
    pub(super) reads: bool,
}

impl Replay {
    pub(super) async fn open(settings: &DatabaseSettings) -> Result<Self, SquashError> {
        let driver = settings.driver();
        let dialect =
            dialect::of(driver).ok_or_else(|| super::ScratchError::from(ConnectError::DriverNotBuilt { driver }))?;
        let backend = backend::of(dialect.backend()).map_err(broken)?;
        let database = ScratchDatabase::create(settings).await?;
        match connection::connect_pinned(database.settings()).await {
            Ok(pinned) => Ok(Self { database, pinned, backend, dialect }),
            Err(error) => {
                database.drop().await?;
                Err(super::ScratchError::from(error).into())
            }
        }
    }

    pub(super) fn connection(&self) -> &DatabaseConnection {
        &self.pinned.connection
    }

    pub(super) async fn close(self) -> Result<(), SquashError> {
        self.pinned.connection.close().await.map_err(broken)?;
        Ok(self.database.drop().await?)
    }

    /// Runs the upgrade of a revision as the runner does; if it rebuilds tables on SQLite, it runs again with foreign
    /// keys off.
    pub(super) async fn run(&self, script: &'static RegisteredRevision) -> Result<SentStatements, SquashError> {
        let failed = |reason: String| SquashError::Revision {
            revision: script.revision.id.to_owned(),
            file: script.file.to_owned(),
            reason,
        };
        let (mut outcome, mut session) =
            self.attempt(script).await.map_err(|error| failed(reason_with_detail(&error)))?;
        if matches!(outcome, RunOutcome::NeedsForeignKeysOff) {
            set_foreign_keys(self.connection(), false).await.map_err(broken)?;
            let again = self.attempt(script).await;
            set_foreign_keys(self.connection(), true).await.map_err(broken)?;
            (outcome, session) = again.map_err(|error| failed(reason_with_detail(&error)))?;
        }
        match (outcome, session.unwritten) {
            (RunOutcome::Done, None) => Ok(session.sent),
            (RunOutcome::Done, Some(reason)) => Err(failed(reason.to_owned())),
            (RunOutcome::Failed(error), _) => Err(failed(reason_with_detail(&error))),
            (RunOutcome::Panicked(text), _) => Err(failed(text)),
            (RunOutcome::NeedsForeignKeysOff, _) => Err(failed(reason_with_detail(&intercept::rebuild_impossible()))),
        }
    }

    async fn attempt(&self, script: &'static RegisteredRevision) -> Result<(RunOutcome, RowSession), DbErr> {
        let in_transaction = is_transactional(self.backend, script) || script.migration.use_transaction() == Some(true);
        if in_transaction {
            self.connection().execute_unprepared(self.backend.begin_text()).await?;
        }
        let body = DirectedMigration { migration: script.migration, direction: Direction::Upgrade };
        let code = Invocation { body: Arc::new(body), in_transaction, options: CodeOptions::new() };
        let (handler, deadline): (EventHandler, _) = (Arc::new(|_| {}), Arc::new(Deadline::new(None)));
        let base = Connection::Connection(self.connection().clone());
        let live = DirectSession::new(base, self.dialect.grammar(), in_transaction, handler, deadline);
        let session = RowSession {
            live,
            dialect: self.dialect,
            sent: SentStatements::default(),
            marks: Vec::new(),
            unwritten: None,
        };
        let (outcome, session) = intercept::run(code, self.dialect.backend(), session).await?;
        if in_transaction {
            let end = if matches!(outcome, RunOutcome::Done) { "COMMIT" } else { "ROLLBACK" };
            self.connection().execute_unprepared(end).await?;
        }
        Ok((outcome, session))
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
