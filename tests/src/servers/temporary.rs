//! A server that belongs to the test that starts it.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use rustix::process::{Signal, kill_process};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};

use super::{Address, DataDirectory, ServerError, account::Account, error::tail, process::Process};
use crate::{Backend, block_on};

/// The user that owns everything on a private server, and the user's password.
pub(crate) const USER: &str = "seachange";

/// How long a server may take to accept connections.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many times a start is tried: another process may take the free port first, and PostgreSQL waits for the last
/// children of a killed server.
const ATTEMPTS: u32 = 20;

/// The differences between the servers: programs, options, signals.
pub trait ServerSoftware: Sized {
    /// The database that the server serves.
    const BACKEND: Backend;
    /// The database that administrators connect to.
    const ADMIN_DATABASE: &'static str;
    /// A query for databases, to which the caller adds a comparison with a name.
    const DATABASES: &'static str;
    /// The accounts to run under instead of root, in the order of preference.
    const ACCOUNTS: &'static [&'static str];
    /// The file in the data directory that starts with the server's process id while it runs.
    const PROCESS_ID_FILE: &'static str;
    /// The signal that ends the server regularly.
    const STOP: Signal;
    /// The signal that ends the server with its children at once.
    const DISCARD: Signal;

    /// Finds the server's programs.
    ///
    /// # Errors
    ///
    /// [`ServerError::Missing`], with the searched places.
    fn find() -> Result<Self, ServerError>;

    /// Fills an empty data directory with a cluster that has the administrator.
    ///
    /// # Errors
    ///
    /// [`ServerError::Failed`], with the end of the program's output.
    fn initialise(&self, home: &DataDirectory) -> Result<(), ServerError>;

    /// Returns the command that serves `home` on `port` in the foreground.
    fn command(&self, home: &DataDirectory, port: u16) -> Command;
}

/// A server on its own data directory and port. Dropping the value ends the server, and removes its data.
#[derive(Debug)]
pub struct TemporaryServer<E: ServerSoftware> {
    // Declared before the directory: the server ends first, then its data is removed.
    process: Option<Process>,
    engine: E,
    /// Options beside those of every server.
    options: Vec<String>,
    port: u16,
    home: DataDirectory,
}

impl<E: ServerSoftware> TemporaryServer<E> {
    /// Starts a server on a fresh, temporary data directory, and waits until it accepts connections.
    ///
    /// # Errors
    ///
    /// When the server's programs are missing, or fail.
    pub fn start() -> Result<Self, ServerError> {
        Self::start_with(&[])
    }

    /// Starts a server as [`start`](Self::start) does, with more options, which come last.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_with(options: &[&str]) -> Result<Self, ServerError> {
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let home = DataDirectory::temporary(Account::unless_ordinary(E::ACCOUNTS)?)?;
        let server = Self { options, ..Self::stopped(E::find()?, home) };
        server.engine.initialise(&server.home)?;
        server.launch(None)
    }

    /// Starts a server in an empty data directory.
    pub(crate) fn begin(engine: E, home: DataDirectory) -> Result<Self, ServerError> {
        engine.initialise(&home)?;
        Self::stopped(engine, home).launch(None)
    }

    /// A server on its data, which does not run yet.
    pub(crate) const fn stopped(engine: E, home: DataDirectory) -> Self {
        Self { process: None, engine, options: Vec::new(), port: 0, home }
    }

    /// Starts a server on the data in `path`, which is created if it does not exist; on `port`, unless another process
    /// listens there.
    pub(crate) fn start_in(path: &Path, port: Option<u16>) -> Result<Self, ServerError> {
        let engine = E::find()?;
        let fresh = !path.join("data").exists();
        let home = DataDirectory::lasting(path, Account::unless_ordinary(E::ACCOUNTS)?)?;
        if fresh {
            engine.initialise(&home)?;
        }
        let port = port.filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
        Self::stopped(engine, home).launch(port)
    }

    /// Starts it for the first time: on this port, or on any that is free.
    pub(crate) fn launch(mut self, preferred: Option<u16>) -> Result<Self, ServerError> {
        let mut attempt = 1;
        loop {
            self.port = preferred.map_or_else(free_port, Ok)?;
            match self.run() {
                Err(ServerError::NotReady { .. }) if attempt < 3 => attempt += 1,
                result => return result.map(|()| self),
            }
        }
    }

    /// The address of the server, for the user that owns everything.
    pub fn address(&self) -> Address {
        Address::local(E::BACKEND, self.port, USER, USER)
    }

    /// The URL of `database` on this server.
    pub fn url(&self, database: &str) -> String {
        self.address().url(database)
    }

    /// The process id of the server, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.process.as_ref().map(Process::id)
    }

    /// Kills the server's first process; its other processes notice that, and end.
    ///
    /// # Errors
    ///
    /// When the process cannot be signalled.
    pub fn kill(&mut self) -> Result<(), ServerError> {
        self.end(Signal::KILL)
    }

    /// Kills the server and all processes that it started, as a crash of the machine would.
    ///
    /// # Errors
    ///
    /// When the process cannot be signalled.
    pub fn crash(&mut self) -> Result<(), ServerError> {
        let children = self.process.as_ref().map(Process::children).unwrap_or_default();
        self.end(Signal::KILL)?;
        for child in children {
            // The process may have ended with its parent.
            let _ = kill_process(child, Signal::KILL);
        }
        Ok(())
    }

    /// Stops the server regularly. Its data stays until the value is dropped.
    ///
    /// # Errors
    ///
    /// When the process cannot be signalled.
    pub fn stop(&mut self) -> Result<(), ServerError> {
        self.end(E::STOP)
    }

    /// Starts the server again, on the same data and the same port. A server that still runs is stopped first.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn restart(&mut self) -> Result<(), ServerError> {
        self.stop()?;
        let mut attempt = 1;
        loop {
            match self.run() {
                Err(ServerError::NotReady { .. }) if attempt < ATTEMPTS => attempt += 1,
                result => return result,
            }
        }
    }

    /// The port that the server listens on.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Lets the server continue after this process has ended.
    pub fn detach(mut self) {
        if let Some(process) = self.process.take() {
            process.detach();
        }
    }

    fn end(&mut self, signal: Signal) -> Result<(), ServerError> {
        let Some(mut process) = self.process.take() else {
            return Ok(());
        };
        process.end(signal).map_err(ServerError::io(format!("signal {}", E::BACKEND)))
    }

    fn run(&mut self) -> Result<(), ServerError> {
        let log = self.home.join("log");
        let write = || fs::File::create(&log);
        let (stdout, stderr) = write()
            .and_then(|file| Ok((file.try_clone()?, file)))
            .map_err(ServerError::io("write the server's log"))?;
        let mut command = self.engine.command(&self.home, self.port);
        command.args(&self.options).stdout(stdout).stderr(stderr);
        let process = Process::spawn(&mut command, E::DISCARD, self.home.to_remove())
            .map_err(ServerError::io(format!("start {}", E::BACKEND)))?;
        self.wait(process)
    }

    /// Returns whether a login works now. The port is tried first: a pool would retry by itself, at growing intervals,
    /// which would take seconds instead of milliseconds.
    fn try_login(&self, url: &str) -> Result<(), ServerError> {
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).map_err(ServerError::io("connect"))?;
        block_on(async { connect(url).await?.close().await })?;
        Ok(())
    }

    /// Waits until a login works: an open port does not mean that users exist yet.
    fn wait(&mut self, mut process: Process) -> Result<(), ServerError> {
        let deadline = Instant::now() + PATIENCE;
        let url = self.url(E::ADMIN_DATABASE);
        let reason = loop {
            if let Some(status) = process.exited() {
                break status.to_string();
            }
            match self.try_login(&url) {
                Ok(()) => {
                    self.process = Some(process);
                    return Ok(());
                }
                Err(error) if Instant::now() > deadline => break error.to_string(),
                Err(_) => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        Err(ServerError::NotReady { backend: E::BACKEND, port: self.port, reason, log: self.log() })
    }

    /// The end of the server's log.
    pub(crate) fn log(&self) -> String {
        let log = fs::read(self.home.join("log")).unwrap_or_default();
        tail(&String::from_utf8_lossy(&log), 10)
    }
}

/// Options for a pool of which no connection is closed for its age.
///
/// The task that closes them may spin for ever: SQLx 0.9 lets the number of idle connections fall below zero when one is
/// returned and taken at the same moment (`transact-rs/sqlx#3645`).
#[must_use]
pub fn pool_options(url: impl Into<String>) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.idle_timeout(None).max_lifetime(None);
    options
}

/// Opens a pool of at most two connections: there are many tests, and servers limit the number of connections.
pub(crate) async fn connect(url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = pool_options(url);
    options
        .max_connections(2)
        .sqlx_logging(false)
        .connect_timeout(Duration::from_secs(10))
        .acquire_timeout(Duration::from_secs(10));
    Database::connect(options).await
}

/// Returns a port on which no process listens now.
pub(crate) fn free_port() -> Result<u16, ServerError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(ServerError::io("find a free port"))
}
