//! PgBouncer, a connection pool before PostgreSQL, from its own program.

use std::{
    env, fs,
    net::{Ipv4Addr, TcpStream},
    path::PathBuf,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use super::{
    Address, DataDirectory, Postgres, PostgresServer, ServerError, ServerSoftware,
    account::Account,
    error::tail,
    process::Process,
    temporary::{USER, free_port},
};
use crate::Backend;

/// How long it may take to start listening.
const PATIENCE: Duration = Duration::from_secs(20);

/// The unit for which a client has a connection to the server alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolMode {
    /// A connection to the server until the client disconnects.
    Session,
    /// A connection for one transaction. The next transaction may run on another connection, and so may statements
    /// outside of transactions.
    Transaction,
}

/// A pool before a private server. Dropping the value stops the pool.
#[derive(Debug)]
pub struct PgBouncer {
    // Declared before the directory: the process ends first, then its files are removed.
    _process: Process,
    port: u16,
    _home: DataDirectory,
}

impl PgBouncer {
    /// Whether the program is installed.
    ///
    /// # Errors
    ///
    /// [`ServerError::NoProgram`], if it is not.
    pub fn check() -> Result<(), ServerError> {
        Self::find().map(drop)
    }

    fn find() -> Result<PathBuf, ServerError> {
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/bin".into()]);
        let found = folders.map(|folder| folder.join("pgbouncer")).find(|program| program.is_file());
        found.ok_or(ServerError::NoProgram { program: "pgbouncer" })
    }

    /// Starts a pool before `server`, and waits until it listens.
    ///
    /// # Errors
    ///
    /// When the program is missing, or does not start.
    pub fn start(server: &PostgresServer, pooling: PoolMode) -> Result<Self, ServerError> {
        let program = Self::find()?;
        let home = DataDirectory::temporary(Account::unless_ordinary(Postgres::ACCOUNTS)?)?;
        let port = free_port()?;
        let write = |name: &str, text: String| {
            fs::write(home.join(name), text).map_err(ServerError::io(format!("write `{name}`")))
        };
        write("users", format!("\"{USER}\" \"{USER}\"\n"))?;
        write("settings", settings(server.port(), port, pooling))?;
        let log = fs::File::create(home.join("log")).map_err(ServerError::io("write PgBouncer's log"))?;
        let mut command = home.command(&program);
        command.arg("settings").stdout(std::process::Stdio::null()).stderr(log);
        let process =
            Process::spawn(&mut command, Signal::KILL, home.to_remove()).map_err(ServerError::io("start PgBouncer"))?;
        wait(&home, process, port).map(|process| Self { _process: process, port, _home: home })
    }

    /// Its address, for the user that owns everything.
    pub fn address(&self) -> Address {
        Address::local(Backend::Postgres, self.port, USER, USER)
    }
}

fn settings(server: u16, port: u16, pooling: PoolMode) -> String {
    let mode = match pooling {
        PoolMode::Session => "session",
        PoolMode::Transaction => "transaction",
    };
    format!(
        "[databases]\n\
         * = host=127.0.0.1 port={server}\n\
         [pgbouncer]\n\
         listen_addr = 127.0.0.1\n\
         listen_port = {port}\n\
         unix_socket_dir =\n\
         auth_type = scram-sha-256\n\
         auth_file = users\n\
         pool_mode = {mode}\n\
         ignore_startup_parameters = extra_float_digits,options\n"
    )
}

/// Waits until the port is open. Another process may have opened the port first; the log would show this.
fn wait(home: &DataDirectory, mut process: Process, port: u16) -> Result<Process, ServerError> {
    let deadline = Instant::now() + PATIENCE;
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        let reason = process.exited().map(|status| status.to_string());
        let reason = reason.or_else(|| (Instant::now() > deadline).then(|| "it does not listen".to_owned()));
        if let Some(reason) = reason {
            let log = tail(&fs::read_to_string(home.join("log")).unwrap_or_default(), 10);
            return Err(ServerError::NotReady { backend: Backend::Postgres, port, reason, log });
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(process)
}
