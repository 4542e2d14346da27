//! PostgreSQL from its own programs: `initdb` and `postgres`.

use std::{fs, path::PathBuf, process::Command};

use rustix::process::Signal;

use super::{
    DataDirectory, ServerError, ServerSoftware, TemporaryServer, account::Account, data_directory::run, temporary::USER,
};
use crate::{Backend, target};

/// A private PostgreSQL server.
pub type PostgresServer = TemporaryServer<Postgres>;

/// The location of PostgreSQL's programs.
#[derive(Debug)]
pub struct Postgres {
    programs: PathBuf,
}

/// A major version of PostgreSQL beside that of this machine. `tests/run.sh` fetches them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostgresMajor {
    /// The oldest available version.
    Oldest,
    /// The newest available version.
    Newest,
}

impl PostgresMajor {
    /// Starts a server of this major version on a fresh, temporary data directory.
    ///
    /// # Errors
    ///
    /// As [`PostgresServer::start`].
    pub fn start(self) -> Result<PostgresServer, ServerError> {
        let fetched = self.folder();
        if !fetched.join("bin/postgres").is_file() {
            let tried = vec![format!("no `{}`, which tests/run.sh fetches", fetched.display())];
            return Err(ServerError::Missing { backend: Postgres::BACKEND, tried });
        }
        let home = DataDirectory::temporary(Account::unless_ordinary(Postgres::ACCOUNTS)?)?;
        // The account of the server may not be able to read the folder.
        run(Command::new("cp").arg("-R").arg(fetched).arg(home.join("programs")))?;
        let engine = Postgres { programs: home.join("programs/bin") };
        PostgresServer::begin(engine, home)
    }

    fn folder(self) -> PathBuf {
        let edition = match self {
            Self::Oldest => "oldest",
            Self::Newest => "newest",
        };
        target().join(format!("postgres/node_modules/postgres-{edition}/native"))
    }
}

impl ServerSoftware for Postgres {
    const BACKEND: Backend = Backend::Postgres;
    const ADMIN_DATABASE: &'static str = "postgres";
    const DATABASES: &'static str = "SELECT 1 FROM pg_database WHERE datname";
    const ACCOUNTS: &'static [&'static str] = &["postgres", "nobody"];
    const PROCESS_ID_FILE: &'static str = "data/postmaster.pid";
    const STOP: Signal = Signal::INT;
    // After SIGKILL, its children would continue to run for some time.
    const DISCARD: Signal = Signal::QUIT;

    fn find() -> Result<Self, ServerError> {
        let tried = || {
            ["`pg_config --bindir`", "PATH", "/usr/lib/postgresql/*/bin"].map(|place| format!("no `initdb` in {place}"))
        };
        let complete = |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
        let mut folders = configured().into_iter().chain(search_path()).chain(packaged());
        let programs = folders
            .find(complete)
            .ok_or_else(|| ServerError::Missing { backend: Self::BACKEND, tried: tried().into() })?;
        Ok(Self { programs })
    }

    fn initialise(&self, home: &DataDirectory) -> Result<(), ServerError> {
        let password = home.join("password");
        fs::write(&password, USER).map_err(ServerError::io("write the password file"))?;
        let mut initdb = home.command(&self.programs.join("initdb"));
        initdb
            .arg("--pgdata")
            .arg(home.join("data"))
            .arg("--pwfile")
            .arg(&password)
            // The administrator connects without the thousands of hash rounds that a password needs.
            .args(["--username", USER, "--auth", "md5"])
            .args(["--encoding", "UTF8", "--locale", "C"])
            .arg("--no-sync");
        run(&mut initdb).map(drop)
    }

    fn command(&self, home: &DataDirectory, port: u16) -> Command {
        let mut postgres = home.command(&self.programs.join("postgres"));
        postgres.arg("-D").arg(home.join("data"));
        postgres.arg("-p").arg(port.to_string());
        for setting in [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            // Commits survive a killed server, but not a crash of the machine.
            "fsync=off",
            "full_page_writes=off",
            "shared_buffers=32MB",
            "max_connections=500",
            "max_prepared_transactions=64",
            "password_encryption=scram-sha-256",
        ] {
            postgres.args(["-c", setting]);
        }
        postgres
    }
}

impl PostgresServer {
    /// Starts a standby that follows this server.
    ///
    /// # Errors
    ///
    /// As [`PostgresServer::start`].
    pub fn standby(&self) -> Result<Self, ServerError> {
        let engine = Postgres::find()?;
        let home = DataDirectory::temporary(Account::unless_ordinary(Postgres::ACCOUNTS)?)?;
        let mut copy = home.command(&engine.programs.join("pg_basebackup"));
        copy.args(["--write-recovery-conf", "--wal-method", "stream", "--checkpoint", "fast", "--no-sync"])
            .arg("--pgdata")
            .arg(home.join("data"))
            .args(["--dbname", &self.url(Postgres::ADMIN_DATABASE)]);
        run(&mut copy)?;
        Self::stopped(engine, home).launch(None)
    }
}

/// Returns the path of one of PostgreSQL's programs, such as `psql`, which may not be in the search path.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let folders = search_path().into_iter().chain(configured()).chain(packaged());
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// The folder that `pg_config` names.
fn configured() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    let folder = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(folder.trim()))
}

fn search_path() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).collect()
}

/// The folders of Debian's packages, newest version first.
fn packaged() -> Vec<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut folders: Vec<PathBuf> = versions.filter_map(|entry| Some(entry.ok()?.path())).collect();
    folders.sort_by_key(|folder| {
        let version = folder.file_name()?.to_str()?;
        version.parse::<u32>().ok()
    });
    let newest_first = folders.into_iter().rev();
    newest_first.map(|folder| folder.join("bin")).collect()
}
