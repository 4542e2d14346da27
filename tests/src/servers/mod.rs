//! Database servers for tests: found, started on private data, and stopped.
//!
//! [`PostgresServer`], [`MariaDbServer`] and [`MySqlServer`] belong to the test that starts them, which may kill and restart
//! them. [`Fleet`] holds the servers that the tests of one run share; it also takes servers that
//! are already there: named by `TEST_POSTGRES_URL`, `TEST_MARIADB_URL` and `TEST_MYSQL_URL`, or run
//! by a container engine.
//!
//! **Invariant:** a server is signalled by its own process id only, and does not outlive the process
//! that started it, even if that one is killed (unless it is [detached](PrivateServer::detach)).

mod account;
mod address;
mod container;
mod error;
mod fleet;
mod home;
mod lasting;
mod mariadb;
mod mysql;
mod pgbouncer;
mod postgres;
mod private;
mod process;

pub use address::Address;
pub use error::ServerError;
pub(crate) use fleet::admin_database;
pub use fleet::{Fleet, SPECIAL_PASSWORD, SPECIAL_USER};
pub use home::Home;
pub use lasting::LastingServer;
pub use mariadb::{MariaDb, MariaDbServer};
pub(crate) use mysql::client as mysql_client;
pub use mysql::{MySql, MySqlServer};
pub use pgbouncer::{PgBouncer, Pooling};
pub(crate) use postgres::program as postgres_program;
pub use postgres::{Edition, Postgres, PostgresServer};
pub(crate) use private::connect;
pub use private::{Engine, PrivateServer};
