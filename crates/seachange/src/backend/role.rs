//! The role of a server: a standby that follows a primary, or a node of a cluster. The engine asks for it only after a
//! failure that the role may explain.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

use super::query_scalar;
use crate::database_error::{is_read_only, mysql_number};

/// The role of a server, if it explains a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ServerRole {
    /// A standby of PostgreSQL, with the address of its primary if this user may read it.
    Standby(Option<String>),
    /// A node of a Galera cluster, in which each node accepts writes.
    ClusterNode,
}

/// The role that may have caused an error of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SuspectedRole {
    /// No role: the error has another cause.
    Nothing,
    /// A standby: the server accepts no writes.
    Standby,
    /// A cluster: another node made the same change at the same time.
    AnotherNode,
}

/// On Galera, a change that another node made first causes a duplicate key, a table that already exists or no longer
/// exists, or a deadlock at the commit. The lock of a run, `GET_LOCK`, applies to one node only.
fn suspicion(is_read_only: bool, mysql_number: Option<u16>) -> SuspectedRole {
    const OF_ANOTHER_NODE: [u16; 6] = [1050, 1060, 1061, 1062, 1091, 1213];
    match mysql_number {
        _ if is_read_only => SuspectedRole::Standby,
        Some(number) if OF_ANOTHER_NODE.contains(&number) => SuspectedRole::AnotherNode,
        _ => SuspectedRole::Nothing,
    }
}

/// The role of the server, if it explains an error.
pub(crate) async fn explaining(error: &DbErr, connection: &DatabaseConnection) -> Option<ServerRole> {
    match (suspicion(is_read_only(error), mysql_number(error)), connection.get_database_backend()) {
        (SuspectedRole::Standby, DbBackend::Postgres) if is_standby(connection).await => {
            Some(ServerRole::Standby(primary(connection).await))
        }
        (SuspectedRole::AnotherNode, DbBackend::MySql) if is_in_cluster(connection).await => {
            Some(ServerRole::ClusterNode)
        }
        _ => None,
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

/// Whether a server is a node of a Galera cluster.
async fn is_in_cluster(connection: &DatabaseConnection) -> bool {
    // The variable exists only if the server was built with Galera.
    let query = Statement::from_string(DbBackend::MySql, "SHOW VARIABLES LIKE 'wsrep_on'");
    let row = connection.query_one_raw(query).await.ok().flatten();
    row.and_then(|row| row.try_get::<String>("", "Value").ok()).is_some_and(|value| value == "ON")
}

#[cfg(test)]
mod tests {
    use super::{SuspectedRole, suspicion};

    #[test]
    fn a_read_only_server_may_be_a_standby() {
        assert_eq!(suspicion(true, None), SuspectedRole::Standby);
        assert_eq!(suspicion(false, None), SuspectedRole::Nothing);
    }

    #[test]
    fn what_another_node_has_done_is_a_duplicate_or_a_deadlock() {
        for number in [1062, 1050, 1213] {
            assert_eq!(suspicion(false, Some(number)), SuspectedRole::AnotherNode, "{number}");
        }
        // A syntax error, and a lock timeout: a lock on one node explains these.
        for number in [1064, 1205] {
            assert_eq!(suspicion(false, Some(number)), SuspectedRole::Nothing, "{number}");
        }
    }
}
