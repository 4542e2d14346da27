//! Records the code of a revision while it runs on a scratch database in memory: on SQLite the next statement depends
//! on the schema that earlier statements left.
//!
//! The scratch database has the schema of the real one, but not its rows. If it rejects rows, that says nothing about
//! the real rows.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};

use super::capture::CapturedRevision;
use super::recorder::{RecordedStatement, StatementRecorder};
use super::scratch_session::{ScratchMode, ScratchSession};
use super::sqlite_schema::SchemaObject;
use crate::alter::set_foreign_keys;
use crate::backend::Backend;
use crate::backend::dialect::{self, Dialect};
use crate::connection::{self, ConnectError};
use crate::error::{Error, ScriptError};
use crate::event::EventHandler;
use crate::intercept::{self, CodeOptions, RunOutcome};
use crate::limits::Deadline;
use crate::runner::StepContext;
use crate::session::{Connection, DirectSession};
use crate::settings::{DatabaseSettings, Driver};
use crate::sql::SqlDialect;
use crate::store::RevisionStore;

/// A database in memory, with the schema that the revisions so far created.
pub(super) struct ScratchDatabase {
    connection: DatabaseConnection,
    dialect: &'static dyn Dialect,
    /// A handler that ignores all events.
    handler: EventHandler,
    /// A deadline that never expires.
    deadline: Arc<Deadline>,
    /// What the code of revisions finds.
    code: CodeOptions,
}

impl ScratchDatabase {
    /// Opens an empty database with the table of the record, which the real one also has.
    pub(super) async fn open(
        dialect: &'static dyn Dialect,
        settings: &DatabaseSettings,
        backend: &dyn Backend,
        store: &RevisionStore,
        code: &CodeOptions,
    ) -> Result<Self, Error> {
        let connection = connection::open_empty(settings).await?;
        store.placed("main").prepare(&connection, backend).await.map_err(broken)?;
        Ok(Self::on(connection, dialect, code))
    }

    /// Opens a database with a copy of a schema: the statements of `sqlite_schema`, tables first.
    pub(super) async fn with_schema(schema: &[SchemaObject], code: &CodeOptions) -> Result<Self, Error> {
        let dialect = dialect::of(Driver::Sqlite).ok_or(ConnectError::DriverNotBuilt { driver: Driver::Sqlite })?;
        let connection = connection::open_memory().await.map_err(broken)?;
        for object in schema {
            connection.execute_unprepared(&object.sql).await.map_err(broken)?;
        }
        Ok(Self::on(connection, dialect, code))
    }

    fn on(connection: DatabaseConnection, dialect: &'static dyn Dialect, code: &CodeOptions) -> Self {
        let (handler, deadline): (EventHandler, _) = (Arc::new(|_| {}), Arc::new(Deadline::new(None)));
        Self { connection, dialect, handler, deadline, code: code.clone() }
    }

    /// The connection to the scratch database.
    pub(super) fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    pub(super) async fn close(self) -> Result<(), Error> {
        self.connection.close().await.map_err(broken)
    }

    /// Runs a revision that is already applied on the real database.
    pub(super) async fn replay(&self, job: StepContext<'_>, in_transaction: bool) -> Result<(), Error> {
        self.perform(job, in_transaction, ScratchMode::Replay).await.map(drop)
    }

    /// Runs a revision, and records the statements that it sends.
    pub(super) async fn write_down(
        &self,
        job: StepContext<'_>,
        in_transaction: bool,
    ) -> Result<CapturedRevision, Error> {
        self.perform(job, in_transaction, ScratchMode::Write).await
    }

    /// Runs a revision as the runner does; if it rebuilds tables, it runs again with foreign keys off.
    async fn perform(
        &self,
        job: StepContext<'_>,
        in_transaction: bool,
        purpose: ScratchMode,
    ) -> Result<CapturedRevision, Error> {
        let (sheet, ending) = self.attempt(job, in_transaction, purpose).await.map_err(broken)?;
        if !in_transaction || !matches!(ending, RunOutcome::NeedsForeignKeysOff) {
            return written(sheet.into_statements(job, ending), false);
        }
        set_foreign_keys(&self.connection, false).await.map_err(broken)?;
        let (sheet, ending) = self.attempt(job, in_transaction, purpose).await.map_err(broken)?;
        set_foreign_keys(&self.connection, true).await.map_err(broken)?;
        written(sheet.into_statements(job, ending), true)
    }

    async fn attempt(
        &self,
        job: StepContext<'_>,
        in_transaction: bool,
        purpose: ScratchMode,
    ) -> Result<(StatementRecorder, RunOutcome), DbErr> {
        let (connection, backend) = (&self.connection, self.dialect.backend());
        if in_transaction {
            connection.execute_unprepared("BEGIN").await?;
        }
        let (handler, deadline) = (Arc::clone(&self.handler), Arc::clone(&self.deadline));
        let base = Connection::Connection(connection.clone());
        let live = DirectSession::new(base, SqlDialect::Sqlite, in_transaction, handler, deadline);
        let stand_in = ScratchSession { live, sheet: StatementRecorder::new(self.dialect, in_transaction), purpose };
        let (ending, stand_in) = intercept::run(job.code(in_transaction, &self.code), backend, stand_in).await?;
        if in_transaction {
            let end = if matches!(ending, RunOutcome::Done) { "COMMIT" } else { "ROLLBACK" };
            connection.execute_unprepared(end).await?;
        }
        Ok((stand_in.sheet, ending))
    }
}

fn broken(error: DbErr) -> Error {
    Error::database("cannot use the scratch database in memory")(error)
}

fn written(
    statements: Result<Vec<RecordedStatement>, Box<ScriptError>>,
    rebuilds: bool,
) -> Result<CapturedRevision, Error> {
    Ok(CapturedRevision { statements: statements?, rebuilds })
}
