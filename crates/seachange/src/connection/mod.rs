//! Connects to the database of the settings, and returns as data why that failed.
//!
//! Knows nothing of migrations. A SQLite file and its folder are created only where the settings ask for them.

#[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
compile_error!("seachange needs at least one of the features `sqlite`, `postgres` and `mysql`");

mod classify;
mod endpoint;
mod error;
mod pinned;
mod read;
#[cfg(feature = "sqlite")]
mod sqlite_file;
#[cfg(all(test, feature = "sqlite"))]
mod tests;
mod unreachable;
mod wait;

use std::fs::File;

use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};

pub use endpoint::Endpoint;
pub use error::ConnectError;
pub(crate) use pinned::{SingleConnection, connect_pinned};
pub use read::connect_to_read;
#[cfg(feature = "cli")]
pub(crate) use read::is_absent;
#[cfg(feature = "sqlite")]
pub(crate) use sqlite_file::{open_empty, open_memory};
pub use wait::wait_for_server;

use crate::settings::{DatabaseSettings, Driver};

/// Connects with exactly one connection, which is kept until it is closed.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use seachange::DatabaseSettings;
/// use seachange::connection::connect;
///
/// let settings: DatabaseSettings = "sqlite::memory:".parse()?;
/// connect(&settings).await?.close().await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// See [`ConnectError`]; no message holds a password.
pub async fn connect(settings: &DatabaseSettings) -> Result<DatabaseConnection, ConnectError> {
    connect_with(settings, settings.pinned_options()).await
}

/// Connects with options that the caller made from `settings`: a pool of another size, for instance.
///
/// # Errors
///
/// See [`ConnectError`].
pub async fn connect_with(
    settings: &DatabaseSettings,
    options: ConnectOptions,
) -> Result<DatabaseConnection, ConnectError> {
    let driver = settings.driver();
    if !driver.is_built() {
        return Err(ConnectError::DriverNotBuilt { driver });
    }
    let classify = |error: DbErr| ConnectError::classify(settings, &error);
    if driver == Driver::Sqlite {
        #[cfg(feature = "sqlite")]
        sqlite_file::prepare(settings)?;
        return Database::connect(options).await.map_err(classify);
    }
    check_ca_file(settings)?;
    tokio::select! {
        connected = Database::connect(options) => connected.map_err(classify),
        error = unreachable::watch(settings) => Err(error),
    }
}

/// Opens the file of certificate authorities, so that a missing file is not reported as an error of the server.
fn check_ca_file(settings: &DatabaseSettings) -> Result<(), ConnectError> {
    let Some(path) = settings.tls_ca_file() else {
        return Ok(());
    };
    let opened = File::open(path).map(drop);
    opened.map_err(|source| ConnectError::CaFile { path: path.into(), source })
}
