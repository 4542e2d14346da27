//! The state that all requests share.

use std::sync::Arc;

use sea_orm::DatabaseConnection;
use seachange::AheadPolicy;

use crate::migrate::Schema;
use crate::password::Hasher;

/// The state that all requests share. A clone is cheap.
#[derive(Clone)]
pub(crate) struct AppState {
    /// The pool of connections.
    pub(crate) database: DatabaseConnection,
    /// Checks whether the schema matches this program.
    pub(crate) schema: Arc<Schema>,
    /// Hashes passwords.
    pub(crate) passwords: Arc<Hasher>,
}

impl AppState {
    /// Makes the state of a service on `database`. `ahead` says whether the database may be ahead of it.
    ///
    /// # Errors
    ///
    /// Fails when the revisions of this program do not form a valid graph.
    pub(crate) fn new(database: DatabaseConnection, ahead: AheadPolicy) -> Result<Self, seachange::Error> {
        let schema = Arc::new(Schema::watch(&database, ahead)?);
        Ok(Self { database, schema, passwords: Arc::new(Hasher::new()) })
    }
}
