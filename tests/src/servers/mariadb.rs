//! MariaDB from its own programs: `mariadb-install-db` and `mariadbd`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use rustix::process::Signal;

use super::{DataDirectory, ServerError, ServerSoftware, TemporaryServer, data_directory::run, temporary::USER};
use crate::Backend;

/// A private MariaDB server.
pub type MariaDbServer = TemporaryServer<MariaDb>;

/// The location of MariaDB's programs.
#[derive(Debug)]
pub struct MariaDb {
    server: PathBuf,
    install: PathBuf,
}

impl ServerSoftware for MariaDb {
    const BACKEND: Backend = Backend::MariaDb;
    const ADMIN_DATABASE: &'static str = "mysql";
    const DATABASES: &'static str = "SELECT 1 FROM information_schema.schemata WHERE schema_name";
    const ACCOUNTS: &'static [&'static str] = &["mysql", "nobody"];
    const PROCESS_ID_FILE: &'static str = "data/server.pid";
    const STOP: Signal = Signal::TERM;
    const DISCARD: Signal = Signal::KILL;

    fn find() -> Result<Self, ServerError> {
        let found = |name: &'static str| program(name).ok_or(name);
        match (found("mariadbd"), found("mariadb-install-db")) {
            (Ok(server), Ok(install)) => Ok(Self { server, install }),
            (Err(name), _) | (_, Err(name)) => Err(ServerError::Missing {
                backend: Self::BACKEND,
                tried: vec![format!("no `{name}` in PATH or the system's folders")],
            }),
        }
    }

    fn initialise(&self, home: &DataDirectory) -> Result<(), ServerError> {
        let temporary = home.join("tmp");
        let mut make = home.command(Path::new("mkdir"));
        run(make.arg("-p").arg(&temporary))?;
        let administrator = format!(
            "CREATE USER IF NOT EXISTS '{USER}'@'%' IDENTIFIED BY '{USER}';\n\
             GRANT ALL PRIVILEGES ON *.* TO '{USER}'@'%' WITH GRANT OPTION;\n"
        );
        fs::write(home.join("init.sql"), administrator).map_err(ServerError::io("write the start-up statements"))?;
        let mut install = home.command(&self.install);
        install
            .arg("--no-defaults")
            .arg(option("datadir", &home.join("data")))
            .arg(option("tmpdir", &temporary))
            .args(["--auth-root-authentication-method=normal", "--skip-test-db"])
            .args(["--skip-name-resolve", "--innodb-log-file-size=16M"]);
        run(&mut install).map(drop)
    }

    fn command(&self, home: &DataDirectory, port: u16) -> Command {
        let mut mariadbd = home.command(&self.server);
        mariadbd
            .arg("--no-defaults")
            .arg(option("datadir", &home.join("data")))
            .arg(option("tmpdir", &home.join("tmp")))
            .arg(option("init-file", &home.join("init.sql")))
            // Relative to the data directory, because the path of a socket may have at most 107 bytes.
            .arg("--socket=server.sock")
            .arg("--pid-file=server.pid")
            .arg(format!("--port={port}"))
            .args(["--bind-address=127.0.0.1", "--skip-name-resolve"])
            .args(["--skip-log-bin", "--innodb-flush-log-at-trx-commit=2"])
            .args(["--innodb-log-file-size=16M", "--innodb-buffer-pool-size=32M"])
            .args(["--max-connections=500", "--character-set-server=utf8mb4"]);
        mariadbd
    }
}

pub(super) fn option(name: &str, path: &Path) -> std::ffi::OsString {
    let mut option = std::ffi::OsString::from(format!("--{name}="));
    option.push(path);
    option
}

/// Servers are often installed in a folder that is only in root's search path.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/usr/bin"];
    std::env::split_paths(&path)
        .chain(system.map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
}
