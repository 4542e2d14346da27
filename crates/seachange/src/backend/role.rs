//! The role of a server: a standby that follows a primary. The engine asks for it only after a failure that the role may
//! explain.

use sea_orm::{DatabaseConnection, DbBackend, DbErr};

use super::query_scalar;
use crate::database_error::is_read_only;

/// The role of a server, if it explains a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ServerRole {
    /// A standby of PostgreSQL, with the address of its primary if this user may read it.
    Standby(Option<String>),
}

/// The role of the server, if it explains an error.
pub(crate) async fn explaining(error: &DbErr, connection: &DatabaseConnection) -> Option<ServerRole> {
    let may_be_standby = is_read_only(error) && connection.get_database_backend() == DbBackend::Postgres;
    match may_be_standby && is_standby(connection).await {
        true => Some(ServerRole::Standby(primary(connection).await)),
        false => None,
    }
}

async fn is_standby(connection: &DatabaseConnection) -> bool {
    query_scalar(connection, "SELECT pg_is_in_recovery() AS answer", []).await.unwrap_or_default()
}

/// The address of the primary that a standby follows. The server shows it to users who may read its statistics.
async fn primary(connection: &DatabaseConnection) -> Option<String> {
    // Before PostgreSQL 11, the view has no such columns.
    const QUERY: &str = "SELECT sender_host || ':' || sender_port AS answer FROM pg_stat_wal_receiver";
    query_scalar::<Option<String>>(connection, QUERY, []).await.ok().flatten()
}
