//! What every request shares.

use std::sync::Arc;

use sea_orm::DatabaseConnection;
use seachange::AheadPolicy;

use crate::migrate::Schema;
use crate::password::Hasher;

/// What every request shares. A clone is cheap.
#[derive(Clone)]
pub(crate) struct AppState {
    /// The pool of connections.
    pub(crate) database: DatabaseConnection,
    /// Tells whether the schema is what this program works on.
    pub(crate) schema: Arc<Schema>,
    /// Hashes passwords.
    pub(crate) passwords: Arc<Hasher>,
}

impl AppState {
    /// Makes the state of a service on `database`, which may be ahead of it or not.
    ///
    /// # Errors
    ///
    /// Fails when the revisions of this program make no graph.
    pub(crate) fn new(database: DatabaseConnection, ahead: AheadPolicy) -> Result<Self, seachange::Error> {
        let schema = Arc::new(Schema::watch(&database, ahead)?);
        Ok(Self { database, schema, passwords: Arc::new(Hasher::new()) })
    }
}
