//! What every request shares.

use std::sync::Arc;

use sea_orm::DatabaseConnection;

use crate::password::Hasher;

/// What every request shares. A clone is cheap.
#[derive(Clone)]
pub(crate) struct AppState {
    /// The pool of connections.
    pub(crate) database: DatabaseConnection,
    /// Hashes passwords.
    pub(crate) passwords: Arc<Hasher>,
}

impl AppState {
    /// Makes the state of a service on `database`.
    pub(crate) fn new(database: DatabaseConnection) -> Self {
        Self { database, passwords: Arc::new(Hasher::new()) }
    }
}
