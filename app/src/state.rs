//! What every request shares.

use std::sync::Arc;

use sea_orm::DatabaseConnection;
use seachange::Migrator;

use crate::migrate;
use crate::password::Hasher;

/// What every request shares. A clone is cheap.
#[derive(Clone)]
pub(crate) struct AppState {
    /// The pool of connections.
    pub(crate) database: DatabaseConnection,
    /// Tells whether the schema is at this program's heads.
    pub(crate) schema: Arc<Migrator>,
    /// Hashes passwords.
    pub(crate) passwords: Arc<Hasher>,
}

impl AppState {
    /// Makes the state of a service on `database`.
    ///
    /// # Errors
    ///
    /// Fails when the revisions of this program make no graph.
    pub(crate) fn new(database: DatabaseConnection) -> Result<Self, seachange::Error> {
        let schema = migrate::watch(&database)?;
        Ok(Self { database, schema, passwords: Arc::new(Hasher::new()) })
    }
}
