//! Clusters of three servers, each of which accepts writes.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use rustix::process::Signal;
use sea_orm::{ConnectionTrait, DbErr, Statement};

use super::{
    Address, DataDirectory, MariaDb, MySql, ServerError, ServerSoftware, TemporaryServer, account::Account,
    data_directory::run, temporary::USER, temporary::connect, temporary::free_port,
};
use crate::{Backend, block_on, target};

/// How many servers a cluster has.
pub const SERVERS: usize = 3;

/// A kind of cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClusterKind {
    /// Galera, of MariaDB.
    Galera,
    /// MySQL's group replication, with several primaries.
    GroupReplication,
}

impl ClusterKind {
    /// All kinds.
    pub const ALL: [Self; 2] = [Self::Galera, Self::GroupReplication];

    /// The kind of its servers.
    pub const fn backend(self) -> Backend {
        match self {
            Self::Galera => Backend::MariaDb,
            Self::GroupReplication => Backend::MySql,
        }
    }
}

impl fmt::Display for ClusterKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Galera => "galera",
            Self::GroupReplication => "group_replication",
        })
    }
}

/// Three servers with the same data. Dropping the value ends them, and removes their data.
#[derive(Debug)]
pub enum Cluster {
    /// Nodes of Galera.
    Galera(Vec<TemporaryServer<GaleraNode>>),
    /// Members of a group of MySQL.
    GroupReplication(Vec<TemporaryServer<GroupMember>>),
}

impl Cluster {
    /// Starts a cluster on fresh, temporary data directories, and waits until each server accepts writes.
    ///
    /// # Errors
    ///
    /// When programs are missing, or fail.
    pub fn start(kind: ClusterKind) -> Result<Self, ServerError> {
        match kind {
            ClusterKind::Galera => galera().map(Self::Galera),
            ClusterKind::GroupReplication => group().map(Self::GroupReplication),
        }
    }

    /// The addresses of the servers.
    pub fn addresses(&self) -> Vec<Address> {
        match self {
            Self::Galera(nodes) => nodes.iter().map(TemporaryServer::address).collect(),
            Self::GroupReplication(members) => members.iter().map(TemporaryServer::address).collect(),
        }
    }

    /// Kills a server.
    ///
    /// # Errors
    ///
    /// When it cannot be signalled.
    pub fn kill(&mut self, index: usize) -> Result<(), ServerError> {
        match self {
            Self::Galera(nodes) => nodes[index].kill(),
            Self::GroupReplication(members) => members[index].kill(),
        }
    }

    /// Starts a killed server again, and waits until it has joined the others.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn restart(&mut self, index: usize) -> Result<(), ServerError> {
        match self {
            Self::Galera(nodes) => {
                nodes[index].restart()?;
                wait_for(&nodes[index], SYNCED)
            }
            Self::GroupReplication(members) => {
                members[index].restart()?;
                join(&members[index], false)
            }
        }
    }
}

/// Whether a Galera node accepts writes.
const SYNCED: &str = "SELECT COUNT(*) FROM information_schema.GLOBAL_STATUS
    WHERE VARIABLE_NAME = 'WSREP_LOCAL_STATE_COMMENT' AND VARIABLE_VALUE = 'Synced'";

/// Whether a member of a group accepts writes.
const ONLINE: &str = "SELECT COUNT(*) FROM performance_schema.replication_group_members
    WHERE MEMBER_ID = @@server_uuid AND MEMBER_STATE = 'ONLINE' AND @@super_read_only = 0";

/// Waits until a query counts one.
fn wait_for<E: ServerSoftware>(server: &TemporaryServer<E>, query: &str) -> Result<(), ServerError> {
    let url = server.url(E::ADMIN_DATABASE);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        let counted = block_on(count(&url, query));
        match counted {
            Ok(1..) => return Ok(()),
            _ if std::time::Instant::now() < deadline => thread::sleep(std::time::Duration::from_millis(50)),
            counted => {
                let reason = format!("it has not joined the cluster: {counted:?}");
                return Err(ServerError::NotReady {
                    backend: E::BACKEND,
                    port: server.port(),
                    reason,
                    log: server.log(),
                });
            }
        }
    }
}

async fn count(url: &str, query: &str) -> Result<i64, DbErr> {
    let connection = connect(url).await?;
    let row = connection.query_one_raw(Statement::from_string(connection.get_database_backend(), query)).await?;
    connection.close().await?;
    row.map(|row| row.try_get_by_index(0)).transpose().map(Option::unwrap_or_default)
}

async fn execute(url: &str, statements: &[&str]) -> Result<(), DbErr> {
    let connection = connect(url).await?;
    for statement in statements {
        connection.execute_unprepared(statement).await?;
    }
    connection.close().await
}

/// The ports of a Galera node beside that of its clients.
#[derive(Clone, Copy, Debug)]
struct GaleraPorts {
    group: u16,
    /// For what a node has missed.
    increments: u16,
    /// For a whole copy of the data.
    snapshot: u16,
}

impl GaleraPorts {
    fn free() -> Result<Self, ServerError> {
        Ok(Self { group: free_port()?, increments: free_port()?, snapshot: free_port()? })
    }
}

/// One node of a Galera cluster.
#[derive(Debug)]
pub struct GaleraNode {
    mariadb: MariaDb,
    /// The folder with the scripts that copy the data to a new node.
    scripts: PathBuf,
    /// The ports of all nodes.
    ports: [GaleraPorts; SERVERS],
    number: usize,
}

/// Debian's place of the library.
const GALERA: &str = "/usr/lib/galera/libgalera_smm.so";

impl GaleraNode {
    /// Whether all programs are there.
    fn scripts() -> Result<PathBuf, ServerError> {
        let missing = |what: &str| ServerError::Missing { backend: Backend::MariaDb, tried: vec![what.to_owned()] };
        if !Path::new(GALERA).exists() {
            return Err(missing("no Galera: its package is `galera-4`"));
        }
        for program in ["rsync", "lsof"] {
            let path = std::env::var_os("PATH").unwrap_or_default();
            if !std::env::split_paths(&path).any(|folder| folder.join(program).is_file()) {
                return Err(missing(&format!("no `{program}` in PATH")));
            }
        }
        let scripts = target().join("galera/scripts");
        if scripts.join("wsrep_sst_rsync").is_file() {
            return Ok(scripts);
        }
        Err(missing("no `target/galera`, which tests/run.sh fetches"))
    }

    fn addresses(&self) -> String {
        self.ports.map(|ports| format!("127.0.0.1:{}", ports.group)).join(",")
    }
}

impl ServerSoftware for GaleraNode {
    const BACKEND: Backend = MariaDb::BACKEND;
    const ADMIN_DATABASE: &'static str = MariaDb::ADMIN_DATABASE;
    const DATABASES: &'static str = MariaDb::DATABASES;
    const ACCOUNTS: &'static [&'static str] = MariaDb::ACCOUNTS;
    const PROCESS_ID_FILE: &'static str = MariaDb::PROCESS_ID_FILE;
    const STOP: Signal = MariaDb::STOP;
    const DISCARD: Signal = MariaDb::DISCARD;

    fn find() -> Result<Self, ServerError> {
        let ports = [GaleraPorts::free()?, GaleraPorts::free()?, GaleraPorts::free()?];
        Ok(Self { mariadb: MariaDb::find()?, scripts: Self::scripts()?, ports, number: 0 })
    }

    /// A node that joins gets its data from another one.
    fn initialise(&self, home: &DataDirectory) -> Result<(), ServerError> {
        // The account of the server may not be able to read the folder.
        run(Command::new("cp").arg("-R").arg(&self.scripts).arg(home.join("scripts")))?;
        if self.number == 0 {
            return self.mariadb.initialise(home);
        }
        let mut make = home.command(Path::new("mkdir"));
        run(make.arg("-p").arg(home.join("tmp")).arg(home.join("data")))?;
        fs::write(home.join("init.sql"), "").map_err(ServerError::io("write the start-up statements"))
    }

    fn command(&self, home: &DataDirectory, port: u16) -> Command {
        let mut mariadbd = self.mariadb.command(home, port);
        let ports = self.ports[self.number];
        let path = std::env::var_os("PATH").unwrap_or_default();
        let more = [home.join("scripts"), "/usr/sbin".into()];
        let path = std::env::join_paths(std::env::split_paths(&path).chain(more));
        mariadbd
            .env("PATH", path.unwrap_or_default())
            .args(["--binlog-format=ROW", "--innodb-autoinc-lock-mode=2", "--wsrep-on=ON"])
            .arg(format!("--wsrep-provider={GALERA}"))
            .args(["--wsrep-cluster-name=tests", "--wsrep-sst-method=rsync"])
            .arg(format!("--wsrep-cluster-address=gcomm://{}", self.addresses()))
            .arg(format!("--wsrep-node-name=node{}", self.number))
            .arg(format!("--wsrep-node-address=127.0.0.1:{}", ports.group))
            .arg(format!("--wsrep-sst-receive-address=127.0.0.1:{}", ports.snapshot))
            .arg(format!(
                "--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:{};ist.recv_addr=127.0.0.1:{};gcache.size=32M",
                ports.group, ports.increments
            ));
        // A node that was in the cluster has this file, and joins the others again.
        if self.number == 0 && !home.join("data/grastate.dat").exists() {
            mariadbd.arg("--wsrep-new-cluster");
        }
        mariadbd
    }
}

fn galera() -> Result<Vec<TemporaryServer<GaleraNode>>, ServerError> {
    let first = GaleraNode::find()?;
    let (scripts, ports) = (first.scripts.clone(), first.ports);
    let home = || DataDirectory::temporary(Account::unless_ordinary(GaleraNode::ACCOUNTS)?);
    let mut nodes = vec![TemporaryServer::begin(first, home()?)?];
    for number in 1..SERVERS {
        let node = GaleraNode { mariadb: MariaDb::find()?, scripts: scripts.clone(), ports, number };
        nodes.push(TemporaryServer::begin(node, home()?)?);
    }
    nodes.iter().try_for_each(|node| wait_for(node, SYNCED))?;
    Ok(nodes)
}

/// One member of a group of MySQL.
#[derive(Debug)]
pub struct GroupMember {
    mysql: MySql,
    /// The ports over which the members speak.
    ports: [u16; SERVERS],
    number: usize,
}

impl ServerSoftware for GroupMember {
    const BACKEND: Backend = MySql::BACKEND;
    const ADMIN_DATABASE: &'static str = MySql::ADMIN_DATABASE;
    const DATABASES: &'static str = MySql::DATABASES;
    const ACCOUNTS: &'static [&'static str] = MySql::ACCOUNTS;
    const PROCESS_ID_FILE: &'static str = MySql::PROCESS_ID_FILE;
    const STOP: Signal = MySql::STOP;
    const DISCARD: Signal = MySql::DISCARD;

    fn find() -> Result<Self, ServerError> {
        Ok(Self { mysql: MySql::find()?, ports: [free_port()?, free_port()?, free_port()?], number: 0 })
    }

    fn initialise(&self, home: &DataDirectory) -> Result<(), ServerError> {
        self.mysql.initialise(home)?;
        // A change that one member alone has would keep it out of the group.
        let (path, cannot) = (home.join("init.sql"), || ServerError::io("write the start-up statements"));
        let statements = fs::read_to_string(&path).map_err(cannot())?;
        fs::write(&path, format!("SET sql_log_bin = 0;\n{statements}")).map_err(cannot())
    }

    fn command(&self, home: &DataDirectory, port: u16) -> Command {
        let seeds = self.ports.map(|port| format!("127.0.0.1:{port}")).join(",");
        let mut mysqld = self.mysql.command(home, port);
        mysqld
            .args(["--log-bin=binlog", "--gtid-mode=ON", "--enforce-gtid-consistency=ON"])
            .args(["--report-host=127.0.0.1", "--plugin-load-add=group_replication.so"])
            // Rows of tables without a primary key are refused in a group; this gives such tables a hidden one.
            .args(["--sql-generate-invisible-primary-key=ON", "--show-gipk-in-create-table-and-information-schema=OFF"])
            .arg(format!("--server-id={}", self.number + 1))
            .arg("--loose-group_replication_group_name=7a1c0f0e-1111-4222-8333-444455556666")
            .arg(format!("--loose-group_replication_local_address=127.0.0.1:{}", self.ports[self.number]))
            .arg(format!("--loose-group_replication_group_seeds={seeds}"))
            .arg("--loose-group_replication_single_primary_mode=OFF")
            // With these checks, tables with cascading foreign keys are refused.
            .arg("--loose-group_replication_enforce_update_everywhere_checks=OFF")
            .arg("--loose-group_replication_start_on_boot=OFF")
            .arg("--loose-group_replication_recovery_get_public_key=ON")
            .arg("--loose-group_replication_member_expel_timeout=0");
        mysqld
    }
}

fn group() -> Result<Vec<TemporaryServer<GroupMember>>, ServerError> {
    let GroupMember { ports, .. } = GroupMember::find()?;
    let begin = |number: usize| {
        let home = DataDirectory::temporary(Account::unless_ordinary(GroupMember::ACCOUNTS)?)?;
        TemporaryServer::begin(GroupMember { mysql: MySql::find()?, ports, number }, home)
    };
    let started: Vec<_> = thread::scope(|scope| {
        let starts: Vec<_> = (0..SERVERS).map(|number| scope.spawn(move || begin(number))).collect();
        starts
            .into_iter()
            .map(|start| start.join().map_err(|_| ServerError::io("start a thread")(std::io::ErrorKind::Other.into())))
            .collect()
    });
    let members = started.into_iter().map(|start| start.and_then(|server| server)).collect::<Result<Vec<_>, _>>()?;
    for (number, member) in members.iter().enumerate() {
        join(member, number == 0)?;
    }
    Ok(members)
}

/// Lets a member join the group, or begin it.
fn join(member: &TemporaryServer<GroupMember>, is_first: bool) -> Result<(), ServerError> {
    let start = format!("START GROUP_REPLICATION USER = '{USER}', PASSWORD = '{USER}'");
    let begin = [
        "SET GLOBAL group_replication_bootstrap_group = ON",
        &start,
        "SET GLOBAL group_replication_bootstrap_group = OFF",
    ];
    let statements = if is_first { &begin[..] } else { &begin[1..2] };
    block_on(execute(&member.url(GroupMember::ADMIN_DATABASE), statements))?;
    wait_for(member, ONLINE)
}
