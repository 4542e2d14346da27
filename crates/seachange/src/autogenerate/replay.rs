//! A scratch database on which revisions run, with a handler of the caller for their statements.

use std::path::Path;
use std::sync::Arc;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr};
use seachange_graph::Direction;

use super::error::{AutogenerateError, ScratchError};
use super::rows::FilledTables;
use super::scratch::ScratchDatabase;
use crate::alter::set_foreign_keys;
use crate::backend::dialect::{self, Dialect};
use crate::backend::{self, Backend};
use crate::connection::{self, ConnectError, SingleConnection};
use crate::database_error::reason_with_detail;
use crate::event::EventHandler;
#[cfg(feature = "cli")]
use crate::inspect::CatalogueConnection;
use crate::intercept::{self, CodeOptions, DirectedMigration, Invocation, Migrate, RunOutcome, StatementHandler};
use crate::limits::Deadline;
use crate::revision::RegisteredRevision;
use crate::runner::runs_in_transaction;
use crate::session::{Connection, DirectSession, GuardedSession, TransactionEnd};
use crate::settings::DatabaseSettings;

/// An empty database on the server of another one, or in memory.
pub(crate) struct Replay {
    database: ScratchDatabase,
    pinned: SingleConnection,
    /// The same connection, to read the catalogue.
    #[cfg(feature = "cli")]
    catalogue: Arc<CatalogueConnection>,
    backend: &'static dyn Backend,
    dialect: &'static dyn Dialect,
}

/// The transaction of a revision on the scratch database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReplayTransaction {
    /// As in a run.
    AsInARun,
    /// The handler begins and ends a transaction for each statement. The code is told what it would be told in a run.
    EachStatement {
        /// Whether it runs with foreign keys off from the beginning (SQLite): what its first statements do stays, so that
        /// it cannot begin again.
        has_foreign_keys_off: bool,
    },
}

/// The handler after a revision, and why the revision failed, if it did.
pub(crate) struct ReplayedRevision<S> {
    pub(crate) session: S,
    pub(crate) failure: Option<String>,
    /// Whether it ran with foreign keys off, because it rebuilds tables (SQLite).
    pub(crate) has_foreign_keys_off: bool,
}

impl Replay {
    /// Creates the database on the server that `settings` name.
    ///
    /// # Errors
    ///
    /// The database cannot be created.
    pub(crate) async fn open(settings: &DatabaseSettings) -> Result<Self, AutogenerateError> {
        Self::on(ScratchDatabase::create(settings).await?, settings).await
    }

    /// Creates the database for many rows: on SQLite in a file in `folder`.
    ///
    /// # Errors
    ///
    /// The database cannot be created.
    pub(crate) async fn open_for_rows(settings: &DatabaseSettings, folder: &Path) -> Result<Self, AutogenerateError> {
        Self::on(ScratchDatabase::create_with_rows(settings, folder).await?, settings).await
    }

    async fn on(database: ScratchDatabase, settings: &DatabaseSettings) -> Result<Self, AutogenerateError> {
        let driver = settings.driver();
        let dialect = dialect::of(driver).ok_or_else(|| ScratchError::from(ConnectError::DriverNotBuilt { driver }))?;
        let backend = backend::of(dialect.backend()).map_err(broken)?;
        match connection::connect_pinned(database.settings()).await {
            Ok(pinned) => Ok(Self {
                #[cfg(feature = "cli")]
                catalogue: Arc::new(CatalogueConnection::new(pinned.connection.clone())),
                database,
                pinned,
                backend,
                dialect,
            }),
            Err(error) => {
                database.drop().await?;
                Err(ScratchError::from(error).into())
            }
        }
    }

    pub(crate) fn connection(&self) -> &DatabaseConnection {
        &self.pinned.connection
    }

    /// The connection, to read the catalogue outside of transactions.
    #[cfg(feature = "cli")]
    pub(crate) fn catalogue(&self) -> &Arc<CatalogueConnection> {
        &self.catalogue
    }

    pub(crate) fn dialect(&self) -> &'static dyn Dialect {
        self.dialect
    }

    /// Drops the database.
    ///
    /// # Errors
    ///
    /// The database cannot be dropped; the next run that needs a scratch database drops it.
    pub(crate) async fn close(self) -> Result<(), AutogenerateError> {
        self.pinned.connection.close().await.map_err(broken)?;
        Ok(self.database.drop().await?)
    }

    /// Whether a revision runs in one transaction.
    pub(crate) fn is_in_transaction(&self, script: &RegisteredRevision) -> bool {
        runs_in_transaction(self.backend, script)
    }

    /// Runs the upgrade of a revision; if it rebuilds tables on SQLite, it runs again with foreign keys off, and with
    /// another handler. `session` makes the handler.
    ///
    /// # Errors
    ///
    /// The connection to the scratch database fails.
    pub(crate) async fn run<S: StatementHandler + 'static>(
        &self,
        script: &'static RegisteredRevision,
        transaction: ReplayTransaction,
        session: impl Fn(DirectSession) -> S,
    ) -> Result<ReplayedRevision<S>, DbErr> {
        self.run_in(Direction::Upgrade, script, transaction, session).await
    }

    /// Runs the upgrade or the downgrade of a revision, as [`run`](Self::run) does.
    ///
    /// # Errors
    ///
    /// The connection to the scratch database fails.
    pub(crate) async fn run_in<S: StatementHandler + 'static>(
        &self,
        direction: Direction,
        script: &'static RegisteredRevision,
        transaction: ReplayTransaction,
        session: impl Fn(DirectSession) -> S,
    ) -> Result<ReplayedRevision<S>, DbErr> {
        let body = DirectedMigration { migration: script.migration, direction };
        let body: Arc<dyn Migrate> = Arc::new(body);
        let begins_without = ReplayTransaction::EachStatement { has_foreign_keys_off: true };
        let first = match transaction == begins_without {
            true => None,
            false => Some(self.attempt(script, &body, transaction, &session).await?),
        };
        let first = first.filter(|(outcome, _)| !matches!(outcome, RunOutcome::NeedsForeignKeysOff));
        let has_foreign_keys_off = first.is_none();
        let (outcome, ended) = match first {
            Some(ended) => ended,
            None => {
                set_foreign_keys(self.connection(), false).await?;
                let ended = self.attempt(script, &body, transaction, &session).await;
                set_foreign_keys(self.connection(), true).await?;
                ended?
            }
        };
        let failure = match outcome {
            RunOutcome::Done => None,
            RunOutcome::Failed(error) => Some(reason_with_detail(&error)),
            RunOutcome::Panicked(text) => Some(text),
            RunOutcome::NeedsForeignKeysOff => Some(reason_with_detail(&intercept::rebuild_impossible())),
        };
        Ok(ReplayedRevision { session: ended, failure, has_foreign_keys_off })
    }

    /// Whether the upgrade of a revision runs with foreign keys off, because it rebuilds a table or switches them off
    /// itself (SQLite). The revision runs in a transaction that is rolled back; `filled` are rows that are not there then.
    ///
    /// # Errors
    ///
    /// The connection to the scratch database fails.
    pub(crate) async fn needs_foreign_keys_off(
        &self,
        script: &'static RegisteredRevision,
        filled: &FilledTables,
    ) -> Result<bool, DbErr> {
        if self.dialect.backend() != DbBackend::Sqlite || !self.is_in_transaction(script) {
            return Ok(false);
        }
        self.connection().execute_unprepared(self.backend.begin_text()).await?;
        filled.clone().empty_again(self.connection()).await?;
        let body = DirectedMigration { migration: script.migration, direction: Direction::Upgrade };
        let code = Invocation { body: Arc::new(body), in_transaction: true, options: CodeOptions::new() };
        let grammar = self.dialect.grammar();
        let session = GuardedSession::new(self.session(true), grammar, false, false);
        let (outcome, session) = intercept::run(code, self.dialect.backend(), session).await?;
        // SQLite may have ended the transaction after an error.
        let ended = self.connection().execute_unprepared("ROLLBACK").await;
        if session.ended() == TransactionEnd::No {
            ended?;
        }
        Ok(matches!(outcome, RunOutcome::NeedsForeignKeysOff) || session.needs_foreign_keys_off())
    }

    fn session(&self, is_held: bool) -> DirectSession {
        let (handler, deadline): (EventHandler, _) = (Arc::new(|_| {}), Arc::new(Deadline::new(None)));
        let base = Connection::Connection(self.connection().clone());
        let session = DirectSession::new(base, self.dialect.grammar(), is_held, handler, deadline);
        session.staying_inside(!self.database.settings().is_for_scratch())
    }

    async fn attempt<S: StatementHandler + 'static>(
        &self,
        script: &'static RegisteredRevision,
        body: &Arc<dyn Migrate>,
        transaction: ReplayTransaction,
        session: &impl Fn(DirectSession) -> S,
    ) -> Result<(RunOutcome, S), DbErr> {
        let in_transaction = self.is_in_transaction(script);
        let is_one = in_transaction && transaction == ReplayTransaction::AsInARun;
        if is_one {
            self.connection().execute_unprepared(self.backend.begin_text()).await?;
        }
        let code = Invocation { body: Arc::clone(body), in_transaction, options: CodeOptions::new() };
        let (outcome, session) = intercept::run(code, self.dialect.backend(), session(self.session(is_one))).await?;
        if is_one {
            let end = if matches!(outcome, RunOutcome::Done) { "COMMIT" } else { "ROLLBACK" };
            self.connection().execute_unprepared(end).await?;
        }
        Ok((outcome, session))
    }
}

fn broken(error: DbErr) -> AutogenerateError {
    ScratchError::Database(error).into()
}
