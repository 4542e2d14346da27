//! Database servers for tests: found, started on private data, and stopped.
//!
//! [`PostgresServer`], [`MariaDbServer`] and [`MySqlServer`] belong to the test that starts them, which may kill and
//! restart them. [`SharedServers`] holds the servers that the tests of one run share; it also takes servers that are
//! already there: named by `TEST_POSTGRES_URL`, `TEST_MARIADB_URL` and `TEST_MYSQL_URL`, or run by a container engine.
//!
//! **Invariant:** a server is signalled only by its own process id, and does not outlive the process that started it,
//! even if that process is killed (unless the server is [detached](TemporaryServer::detach)).

mod account;
mod address;
mod cluster;
mod container;
mod data_directory;
mod error;
mod mariadb;
mod mysql;
mod persistent;
mod pgbouncer;
mod postgres;
mod process;
mod shared;
mod temporary;

pub use address::Address;
pub use cluster::{Cluster, ClusterKind, GaleraNode, GroupMember, SERVERS};
pub use data_directory::DataDirectory;
pub use error::ServerError;
pub use mariadb::{MariaDb, MariaDbServer};
pub(crate) use mysql::client as mysql_client;
pub use mysql::{MySql, MySqlServer};
pub use persistent::PersistentServer;
pub use pgbouncer::{PgBouncer, PoolMode};
pub(crate) use postgres::program as postgres_program;
pub use postgres::{Postgres, PostgresMajor, PostgresServer};
pub(crate) use shared::admin_database;
pub use shared::{SPECIAL_PASSWORD, SPECIAL_USER, SharedServers};
pub(crate) use temporary::connect;
pub use temporary::{ServerSoftware, TemporaryServer, pool_options};
