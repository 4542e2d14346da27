//! The session in which revisions run.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseConnectionType, DatabaseTransaction, DbErr, ExecResult, RuntimeErr,
    TransactionTrait,
};

use super::limit;
use crate::backend::{Backend, BegunTransaction, LockKey, LockRole, SAVEPOINT, ServerIdentity};
use crate::connection::{SingleConnection, connect_pinned};
use crate::error::Error;
use crate::lease::Lease;
use crate::lock::LockWait;
use crate::run_context::RunContext;
use crate::settings::DatabaseSettings;

const OPENING: &str = "cannot open a session for the revisions";

/// The session in which revisions run: one connection, held as long as the session is used.
///
/// SeaORM returns a connection to its pool after each statement, and the pool then checks whether the connection is
/// alive. A transaction of SeaORM holds the connection instead, so that a statement costs one round trip. The engine
/// ends that transaction at once with plain SQL; from then on the engine itself begins and ends transactions.
pub(crate) struct WorkSession {
    held: Arc<DatabaseTransaction>,
    /// The lease without which nothing is written, on a cluster.
    lease: Option<Arc<Lease>>,
    /// The settings to restore in a session that cannot be replaced.
    settings: Vec<(String, String)>,
    /// The pool of this one connection, if the engine made it.
    pool: Option<DatabaseConnection>,
    /// The lock that the session holds.
    key: LockKey,
    /// Where the session goes at its end, if it can serve another database.
    kept_by: Option<Arc<SharedSession>>,
    /// Whether everything that ran in the session is known to leave it unchanged.
    is_unchanged: AtomicBool,
}

impl WorkSession {
    /// Opens a session with the limits of the run and the lock of the revisions' session, once the session before it
    /// has ended. For a database in memory, the session uses `only`.
    ///
    /// # Errors
    ///
    /// [`Error::Connect`], [`Error::LockTimeout`] when another session keeps the lock, [`Error::Database`].
    pub(crate) async fn open(
        context: RunContext<'_>,
        source: &SessionSource,
        only: &DatabaseConnection,
    ) -> Result<Self, Error> {
        let wrap = |error| Error::database(OPENING)(error);
        let (opened, kept_by) = match source.take_idle().await {
            Some((idle, shared)) => return Self::reopen(context, idle, shared).await,
            None => source.open_for_revisions().await?,
        };
        let connection = opened.as_ref().unwrap_or(only);
        limit(context, connection).await.map_err(wrap)?;
        let mut waiter = LockWait::new(context);
        while !context
            .backend
            .try_lock(&connection.into(), context.store.lock_key(), LockRole::Work)
            .await
            .map_err(wrap)?
        {
            waiter.wait().await?;
        }
        let held = connection.begin().await.map_err(wrap)?;
        held.execute_unprepared("COMMIT").await.map_err(wrap)?;
        let settings =
            if opened.is_none() { context.backend.session_settings(&held).await.map_err(wrap)? } else { Vec::new() };
        let (key, is_unchanged) = (context.store.lock_key(), AtomicBool::new(false));
        let lease = context.lease.get();
        Ok(Self { held: Arc::new(held), lease, settings, pool: opened, key, kept_by, is_unchanged })
    }

    /// Uses the session of the target before, which has the limits of the run, for this one.
    async fn reopen(context: RunContext<'_>, idle: IdleSession, shared: Arc<SharedSession>) -> Result<Self, Error> {
        let (key, session) = (context.store.lock_key(), idle.held.as_ref().into());
        let mut waiter = LockWait::new(context);
        while !context.backend.try_lock(&session, key, LockRole::Work).await.map_err(Error::database(OPENING))? {
            waiter.wait().await?;
        }
        drop(session);
        Ok(Self {
            held: idle.held,
            lease: context.lease.get(),
            settings: Vec::new(),
            pool: Some(idle.pool),
            key,
            kept_by: Some(shared),
            is_unchanged: AtomicBool::new(false),
        })
    }

    /// Says that everything that ran in the session is known to leave it unchanged, so that the next target of a fleet can
    /// use it.
    pub(crate) fn set_unchanged(&self) {
        self.is_unchanged.store(true, Ordering::Relaxed);
    }

    /// The connection that executes statements.
    pub(crate) fn executor(&self) -> &DatabaseTransaction {
        &self.held
    }

    /// The same connection, for a session of a revision.
    pub(crate) fn held(&self) -> Arc<DatabaseTransaction> {
        Arc::clone(&self.held)
    }

    /// Whether the session can be replaced by another one.
    pub(crate) fn is_replaceable(&self) -> bool {
        self.pool.is_some()
    }

    /// Executes SQL text of one or several statements, if the lease of the run holds.
    pub(crate) async fn execute(&self, sql: &str) -> Result<ExecResult, DbErr> {
        if let Some(lease) = &self.lease {
            lease.check_statement().await?;
        }
        self.held.execute_unprepared(sql).await
    }

    /// Begins a transaction, and sets the savepoint by which the engine recognises it. On a single-writer database,
    /// waits until no other session writes. Returns `None` when another session has the lock of the revisions' session.
    ///
    /// # Errors
    ///
    /// [`Error::LockTimeout`] when the wait takes too long; otherwise the error of the database, wrapped by `wrap`.
    pub(crate) async fn begin(
        &self,
        context: RunContext<'_>,
        wrap: impl Fn(DbErr) -> Error,
    ) -> Result<Option<BegunTransaction>, Error> {
        if context.prepared.is_some() {
            return self.begin_to_prepare(context).await.map_err(wrap);
        }
        let mut waiter = LockWait::new(context);
        loop {
            match context.backend.begin_revision(&self.held, ("", 0), context.store.lock_key(), context.limits).await {
                Ok(entered) => return Ok(entered),
                Err(error) if context.backend.is_lock_conflict(&error) => {
                    self.roll_back().await;
                    waiter.wait().await?;
                }
                Err(error) => return Err(wrap(error)),
            }
        }
    }

    /// Begins a transaction that is prepared at its end. It takes no lock of its own: a transaction cannot be prepared that
    /// holds a lock which its session holds as well.
    async fn begin_to_prepare(&self, context: RunContext<'_>) -> Result<Option<BegunTransaction>, DbErr> {
        let session = self.executor().into();
        if !context.backend.holds_lock(&session, context.store.lock_key(), LockRole::Work).await? {
            return Ok(None);
        }
        self.execute(&format!("BEGIN; SAVEPOINT {SAVEPOINT}")).await?;
        Ok(Some(BegunTransaction::default()))
    }

    /// Rolls back the open transaction. If this fails, the connection is lost, and the database itself rolls back.
    pub(crate) async fn roll_back(&self) {
        let _ = self.held.execute_unprepared("ROLLBACK").await;
    }

    /// Restores a session that cannot be replaced.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub(crate) async fn restore(&self, backend: &dyn Backend) -> Result<(), DbErr> {
        backend.restore_session(&self.held, &self.settings).await
    }

    /// Ends the session. Its locks, settings and temporary objects end with it; an unchanged session of a fleet is kept for
    /// the next target, without its lock.
    pub(crate) async fn close(self, backend: &dyn Backend) {
        let held = match (self.pool.as_ref(), self.kept_by.filter(|_| self.is_unchanged.into_inner())) {
            (Some(pool), Some(shared)) => {
                if backend.unlock(&self.held.as_ref().into(), self.key, LockRole::Work).await.is_ok() {
                    return shared.keep(IdleSession { pool: pool.clone(), held: self.held }).await;
                }
                self.held
            }
            _ => self.held,
        };
        // The transaction that holds the connection is not open any more. SQLite reports that as an error.
        if let Some(held) = Arc::into_inner(held) {
            backend.before_rollback(&held).await;
            let _ = held.rollback().await;
        }
        if let Some(pool) = self.pool {
            let _ = pool.close().await;
        }
    }
}

/// A session of the revisions that no target uses.
#[derive(Debug)]
struct IdleSession {
    pool: DatabaseConnection,
    held: Arc<DatabaseTransaction>,
}

impl IdleSession {
    async fn close(self) {
        if let Some(held) = Arc::into_inner(self.held) {
            let _ = held.rollback().await;
        }
        let _ = self.pool.close().await;
    }
}

/// A session of the revisions between two targets of a fleet on the same database.
#[derive(Debug, Default)]
pub(crate) struct SharedSession {
    idle: Mutex<Option<IdleSession>>,
    /// Whether the sessions of the database are known to be the server's own, without a pooler.
    pub(crate) is_direct: AtomicBool,
    /// What the server said of itself.
    pub(crate) identity: OnceLock<ServerIdentity>,
}

impl SharedSession {
    fn take(&self) -> Option<IdleSession> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Keeps the session for the next target; there is one at most.
    async fn keep(&self, session: IdleSession) {
        let before = self.idle.lock().unwrap_or_else(PoisonError::into_inner).replace(session);
        if let Some(before) = before {
            before.close().await;
        }
    }

    /// Closes the session.
    pub(crate) async fn close(&self) {
        if let Some(session) = self.take() {
            session.close().await;
        }
    }
}

/// Where the engine opens its own sessions.
#[derive(Clone)]
pub(crate) enum SessionSource {
    /// The database of the settings.
    Settings(Box<DatabaseSettings>),
    /// The database of a pool that the caller passed.
    Pool(DatabaseConnection),
    /// A target of a fleet.
    Shared {
        /// The database of the target.
        settings: Box<DatabaseSettings>,
        /// The session that targets on this database use in turn.
        session: Arc<SharedSession>,
        /// The text that makes that session use the schema of the target.
        enter: String,
    },
}

impl SessionSource {
    /// Opens a session; `None` for a database in memory, which only its one connection can reach.
    ///
    /// # Errors
    ///
    /// [`Error::Connect`], and [`Error::NotReopenable`] for a connection without a database, such as a mock, or for a
    /// database in memory with a pool that may hold several connections.
    pub(crate) async fn open(&self) -> Result<Option<SingleConnection>, Error> {
        match self {
            Self::Settings(settings) if settings.is_in_memory() => Ok(None),
            Self::Settings(settings) | Self::Shared { settings, .. } => {
                Ok(Some(Box::pin(connect_pinned(settings)).await?))
            }
            Self::Pool(pool) => Box::pin(open_beside(pool)).await,
        }
    }

    /// The session that the target before has left unchanged, in the schema of this one.
    async fn take_idle(&self) -> Option<(IdleSession, Arc<SharedSession>)> {
        let Self::Shared { session, enter, .. } = self else { return None };
        let idle = session.take()?;
        match idle.held.execute_unprepared(enter).await {
            Ok(_) => Some((idle, Arc::clone(session))),
            // It was lost between two targets.
            Err(_) => {
                idle.close().await;
                None
            }
        }
    }

    /// Opens a session for revisions; and who keeps it afterwards.
    async fn open_for_revisions(&self) -> Result<(Option<DatabaseConnection>, Option<Arc<SharedSession>>), Error> {
        let kept_by = match self {
            Self::Shared { session, .. } => Some(Arc::clone(session)),
            Self::Settings(_) | Self::Pool(_) => None,
        };
        Ok((self.open().await?.map(|pinned| pinned.connection), kept_by))
    }

    /// What the server has said of itself before, for a target of a fleet.
    pub(crate) fn identity(&self) -> Option<&OnceLock<ServerIdentity>> {
        match self {
            Self::Shared { session, .. } => Some(&session.identity),
            Self::Settings(_) | Self::Pool(_) => None,
        }
    }

    /// Whether a pooler between the engine and the server was ruled out before; a run that takes the lock tells so.
    pub(crate) fn is_direct(&self) -> Option<&AtomicBool> {
        match self {
            Self::Shared { session, .. } => Some(&session.is_direct),
            Self::Settings(_) | Self::Pool(_) => None,
        }
    }
}

/// Opens a session with the options of a pool: how it connects, and what it does with each new connection.
async fn open_beside(pool: &DatabaseConnection) -> Result<Option<SingleConnection>, Error> {
    let opened: Result<DatabaseConnection, sea_orm::sqlx::Error> = match &pool.inner {
        #[cfg(feature = "sqlite")]
        DatabaseConnectionType::SqlxSqlitePoolConnection(_) => {
            let pool = pool.get_sqlite_connection_pool();
            let options = (*pool.connect_options()).clone();
            if is_in_memory(options.get_filename()) {
                let is_single = pool.options().get_max_connections() == 1;
                return if is_single { Ok(None) } else { Err(Error::NotReopenable { is_memory: true }) };
            }
            let options = options.statement_cache_capacity(0);
            single(pool.options().clone())
                .connect_with(options)
                .await
                .map(sea_orm::SqlxSqliteConnector::from_sqlx_sqlite_pool)
        }
        #[cfg(feature = "postgres")]
        DatabaseConnectionType::SqlxPostgresPoolConnection(_) => {
            let pool = pool.get_postgres_connection_pool();
            let options = (*pool.connect_options()).clone().statement_cache_capacity(0);
            single(pool.options().clone())
                .connect_with(options)
                .await
                .map(sea_orm::SqlxPostgresConnector::from_sqlx_postgres_pool)
        }
        #[cfg(feature = "mysql")]
        DatabaseConnectionType::SqlxMySqlPoolConnection(_) => {
            let pool = pool.get_mysql_connection_pool();
            let options = (*pool.connect_options()).clone();
            single(pool.options().clone())
                .connect_with(options)
                .await
                .map(sea_orm::SqlxMySqlConnector::from_sqlx_mysql_pool)
        }
        _ => return Err(Error::NotReopenable { is_memory: false }),
    };
    let refused = |error: sea_orm::sqlx::Error| DbErr::Conn(RuntimeErr::SqlxError(error.into()));
    let opened = opened.map_err(refused).map_err(Error::database("cannot open a connection beside the pool"))?;
    Ok(Some(SingleConnection::unwatched(opened)))
}

/// A pool of one connection, which is never closed for its age or for being idle.
fn single<DB: sea_orm::sqlx::Database>(
    options: sea_orm::sqlx::pool::PoolOptions<DB>,
) -> sea_orm::sqlx::pool::PoolOptions<DB> {
    options.max_connections(1).min_connections(0).idle_timeout(None).max_lifetime(None).test_before_acquire(false)
}

/// Whether a file name of SQLx means a database in memory.
#[cfg(feature = "sqlite")]
fn is_in_memory(path: &std::path::Path) -> bool {
    let name = path.to_string_lossy();
    name.is_empty() || name == ":memory:" || name.starts_with("file:sqlx-in-memory-") || name.contains("mode=memory")
}
