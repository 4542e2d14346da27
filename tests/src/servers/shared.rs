//! The servers that the tests of one run share.

use std::sync::{Mutex, OnceLock};

use sea_orm::{ConnectionTrait, DbErr, Statement};

use super::{
    Address, Cluster, ClusterKind, MariaDbServer, MySqlServer, PostgresServer, ServerError, container::Container,
    temporary::connect,
};
use crate::{Backend, block_on};

/// A second user of every server, with all rights and a password that needs encoding.
pub const SPECIAL_USER: &str = "special";

/// The password of [`SPECIAL_USER`].
pub const SPECIAL_PASSWORD: &str = "P@ss w%rd/:?#é";

/// One server of each kind, started on first use and ended when the value is dropped.
#[derive(Debug, Default)]
pub struct SharedServers {
    postgres: OnceLock<Result<Running, ServerError>>,
    mariadb: OnceLock<Result<Running, ServerError>>,
    mysql: OnceLock<Result<Running, ServerError>>,
    galera: ClusterSlot,
    group_replication: ClusterSlot,
}

/// A cluster that is started on first use. One test at a time uses it, because it may kill servers.
type ClusterSlot = OnceLock<Result<Mutex<Cluster>, ServerError>>;

/// A server that accepts connections.
#[derive(Debug)]
enum Running {
    /// A server that a variable names; this process does not own it.
    Given(Address),
    Postgres(PostgresServer),
    MariaDb(MariaDbServer),
    MySql(MySqlServer),
    Container(Container),
}

impl SharedServers {
    /// Makes the value; no server runs yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts the servers of `backends`, all at the same time, and waits for them. [`address`](Self::address) returns
    /// the errors.
    pub fn start(&self, backends: impl IntoIterator<Item = Backend>) {
        std::thread::scope(|scope| {
            for backend in backends {
                scope.spawn(move || self.running(backend).map(drop));
            }
        });
    }

    /// The administrator's address at the server of `backend`. SQLite has none.
    ///
    /// # Errors
    ///
    /// The reason for which there is no server. A server that failed to start is not started again.
    pub fn address(&self, backend: Backend) -> Result<Option<Address>, &ServerError> {
        Ok(self.running(backend)?.map(Running::address))
    }

    /// The cluster of this kind, which one test at a time uses.
    ///
    /// # Errors
    ///
    /// The reason for which there is no such cluster. A cluster that failed to start is not started again.
    pub fn cluster(&self, kind: ClusterKind) -> Result<&Mutex<Cluster>, &ServerError> {
        let slot = match kind {
            ClusterKind::Galera => &self.galera,
            ClusterKind::GroupReplication => &self.group_replication,
        };
        slot.get_or_init(|| Cluster::start(kind).map(Mutex::new)).as_ref()
    }

    fn running(&self, backend: Backend) -> Result<Option<&Running>, &ServerError> {
        let slot = match backend {
            Backend::Sqlite => return Ok(None),
            Backend::Postgres => &self.postgres,
            Backend::MariaDb => &self.mariadb,
            Backend::MySql => &self.mysql,
        };
        slot.get_or_init(|| Running::start(backend)).as_ref().map(Some)
    }
}

impl Running {
    /// Uses the server that a variable names, else the programs of this machine, else a container.
    fn start(backend: Backend) -> Result<Self, ServerError> {
        let variable = variable(backend);
        let running = match std::env::var(variable) {
            Ok(url) => {
                let address = Address::parse(variable, &url)?;
                block_on(check_kind(backend, variable, &address))?;
                Self::Given(address)
            }
            Err(_) => Self::start_private(backend).or_else(|error| contain(backend, error))?,
        };
        block_on(add_special_user(backend, &running.address()))?;
        Ok(running)
    }

    fn start_private(backend: Backend) -> Result<Self, ServerError> {
        match backend {
            Backend::MariaDb => MariaDbServer::start().map(Self::MariaDb),
            Backend::MySql => MySqlServer::start().map(Self::MySql),
            _ => PostgresServer::start().map(Self::Postgres),
        }
    }

    fn address(&self) -> Address {
        match self {
            Self::Given(address) => address.clone(),
            Self::Postgres(server) => server.address(),
            Self::MariaDb(server) => server.address(),
            Self::MySql(server) => server.address(),
            Self::Container(container) => container.address(),
        }
    }
}

/// The variable that names a running server by its administrator's URL.
const fn variable(backend: Backend) -> &'static str {
    match backend {
        Backend::MariaDb => "TEST_MARIADB_URL",
        Backend::MySql => "TEST_MYSQL_URL",
        _ => "TEST_POSTGRES_URL",
    }
}

/// Starts a container, which is the last choice when the server's programs are missing.
fn contain(backend: Backend, error: ServerError) -> Result<Running, ServerError> {
    let ServerError::Missing { mut tried, .. } = error else {
        return Err(error);
    };
    if let Some(container) = Container::start(backend) {
        return container.map(Running::Container);
    }
    tried.push("no container engine answers".to_owned());
    tried.push(format!("`{}` is not set", variable(backend)));
    Err(ServerError::Missing { backend, tried })
}

/// MariaDB and MySQL speak the same protocol, and each has a variable of its own.
async fn check_kind(backend: Backend, variable: &'static str, address: &Address) -> Result<(), ServerError> {
    if !backend.is_like_mysql() {
        return Ok(());
    }
    let connection = connect(&address.url(admin_database(backend))).await?;
    let question = Statement::from_string(connection.get_database_backend(), "SELECT VERSION()");
    let row = connection.query_one_raw(question).await?;
    connection.close().await?;
    let version: String = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default();
    if version.contains("MariaDB") == (backend == Backend::MariaDb) {
        return Ok(());
    }
    Err(ServerError::Kind { variable, backend, version })
}

async fn add_special_user(backend: Backend, address: &Address) -> Result<(), DbErr> {
    let statements = match backend {
        Backend::MariaDb | Backend::MySql => [
            format!("CREATE USER IF NOT EXISTS '{SPECIAL_USER}'@'%' IDENTIFIED BY '{SPECIAL_PASSWORD}'"),
            format!("GRANT ALL PRIVILEGES ON *.* TO '{SPECIAL_USER}'@'%'"),
        ],
        _ => [
            format!(
                "DO $$ BEGIN CREATE ROLE {SPECIAL_USER} LOGIN SUPERUSER; \
                 EXCEPTION WHEN duplicate_object THEN NULL; END $$"
            ),
            format!("ALTER ROLE {SPECIAL_USER} PASSWORD '{SPECIAL_PASSWORD}'"),
        ],
    };
    let connection = connect(&address.url(admin_database(backend))).await?;
    for statement in statements {
        connection.execute_unprepared(&statement).await?;
    }
    connection.close().await
}

/// The database that is always there.
pub(crate) const fn admin_database(backend: Backend) -> &'static str {
    match backend {
        Backend::MariaDb | Backend::MySql => "mysql",
        _ => "postgres",
    }
}
