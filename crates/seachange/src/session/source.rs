//! Opens the engine's own sessions: each is a connection that no other code uses.

use sea_orm::{DatabaseConnection, DatabaseConnectionType, DbErr, RuntimeErr};

use crate::connection::{SingleConnection, connect_pinned};
use crate::error::Error;
use crate::settings::DatabaseSettings;

/// Where the engine opens its own sessions.
pub(crate) enum SessionSource {
    /// The database of the settings.
    Settings(Box<DatabaseSettings>),
    /// The database of a pool that the caller passed.
    Pool(DatabaseConnection),
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
            Self::Settings(settings) => Ok(Some(connect_pinned(settings).await?)),
            Self::Pool(pool) => open_beside(pool).await,
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
