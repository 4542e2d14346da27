//! Connections that only read.

use sea_orm::DatabaseConnection;

use super::{ConnectError, connect};
use crate::settings::DatabaseSettings;

/// Connects as [`connect`] does, but creates no SQLite file: one that does not exist reads as an empty database.
///
/// # Errors
///
/// See [`ConnectError`].
pub async fn connect_to_read(settings: &DatabaseSettings) -> Result<DatabaseConnection, ConnectError> {
    #[cfg(feature = "sqlite")]
    if is_absent(settings) {
        return super::sqlite_file::open_empty(settings).await;
    }
    connect(settings).await
}

/// Whether the database is a SQLite file that does not exist, and that connecting would create. Does not connect.
#[cfg(feature = "sqlite")]
pub(crate) fn is_absent(settings: &DatabaseSettings) -> bool {
    super::sqlite_file::is_absent(settings)
}

/// Whether connecting would create the database: only SQLite does.
#[cfg(all(feature = "cli", not(feature = "sqlite")))]
pub(crate) const fn is_absent(_settings: &DatabaseSettings) -> bool {
    false
}
