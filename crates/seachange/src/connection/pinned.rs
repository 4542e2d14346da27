//! One connection, which is never replaced by another.
//!
//! A pool replaces a broken connection. For a run, the new connection is another session, without the lock, the
//! settings of `PRAGMA`s and the search path, and the pool reports no error.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use sea_orm::sqlx::Error as SqlxError;
use sea_orm::{ConnectOptions, DatabaseConnection};

use super::{ConnectError, connect_with};
use crate::settings::DatabaseSettings;

/// A pool of one connection, which is closed once the connection is lost.
#[derive(Debug)]
pub(crate) struct SingleConnection {
    pub(crate) connection: DatabaseConnection,
    /// Keeps the pool alive for its own callback while it is in use.
    _pool: Option<Arc<PoolWatch>>,
}

impl SingleConnection {
    /// A pool of one connection that the caller made.
    pub(crate) fn unwatched(connection: DatabaseConnection) -> Self {
        Self { connection, _pool: None }
    }
}

/// The pool, for its own callback. The callback must not keep the pool alive, so this holds it weakly.
#[derive(Debug, Default)]
struct PoolWatch {
    is_connected: AtomicBool,
    pool: OnceLock<DatabaseConnection>,
}

/// Connects with exactly one connection. When it is lost, every later statement fails.
///
/// # Errors
///
/// See [`ConnectError`].
pub(crate) async fn connect_pinned(settings: &DatabaseSettings) -> Result<SingleConnection, ConnectError> {
    let watched = Arc::new(PoolWatch::default());
    let connection = connect_with(settings, watch(settings.pinned_options(), &watched)).await?;
    watched.pool.get_or_init(|| connection.clone());
    Ok(SingleConnection { connection, _pool: Some(watched) })
}

/// A connection to a SQLite file cannot be lost in this way.
fn watch(mut options: ConnectOptions, watched: &Arc<PoolWatch>) -> ConnectOptions {
    #[cfg(feature = "postgres")]
    {
        let watched = Arc::downgrade(watched);
        options.map_sqlx_postgres_pool_opts(move |pool| {
            let watched = Weak::clone(&watched);
            pool.after_connect(move |_, _| Box::pin(admit(Weak::clone(&watched))))
        });
    }
    #[cfg(feature = "mysql")]
    {
        let watched = Arc::downgrade(watched);
        options.map_sqlx_mysql_pool_opts(move |pool| {
            let watched = Weak::clone(&watched);
            pool.after_connect(move |_, _| Box::pin(admit(Weak::clone(&watched))))
        });
    }
    #[cfg(not(any(feature = "postgres", feature = "mysql")))]
    let _ = (&mut options, watched);
    options
}

/// Accepts the first connection, and closes the pool when it would open a second one.
#[cfg_attr(
    not(any(feature = "postgres", feature = "mysql")),
    expect(dead_code, reason = "there is no server whose connection could be lost")
)]
async fn admit(watched: Weak<PoolWatch>) -> Result<(), SqlxError> {
    let Some(watched) = watched.upgrade() else { return Err(SqlxError::PoolClosed) };
    if !watched.is_connected.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    if let Some(pool) = watched.pool.get().cloned() {
        // Closing waits for this very connection, so another task has to wait for it.
        tokio::spawn(async move { pool.close_by_ref().await });
    }
    std::future::pending().await
}
