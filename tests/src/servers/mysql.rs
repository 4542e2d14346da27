//! MySQL from the programs that `tests/run.sh` fetches: `mysqld`, run by the loader that comes with it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use rustix::process::{Signal, geteuid};

use super::{
    DataDirectory, ServerError, ServerSoftware, TemporaryServer, data_directory::run, mariadb::option, temporary::USER,
};
use crate::{Backend, Program, target};

/// A private MySQL server.
pub type MySqlServer = TemporaryServer<MySql>;

/// The location of MySQL's programs: a folder with its own `usr`, in which the programs find their libraries.
#[derive(Debug)]
pub struct MySql {
    root: PathBuf,
}

impl MySql {
    /// The folder, if `tests/run.sh` has filled it.
    fn fetched() -> Option<Self> {
        // The marker is written last.
        target().join("mysql/fetched").is_file().then_some(())?;
        let root = target().join("mysql/programs").canonicalize().ok()?;
        Some(Self { root })
    }

    fn loader(&self) -> PathBuf {
        self.root.join("usr/lib64/ld-linux-x86-64.so.2")
    }

    fn libraries(&self) -> PathBuf {
        self.root.join("usr/lib/x86_64-linux-gnu")
    }

    /// The server's command, with the options that it always needs.
    fn server(&self, home: &DataDirectory) -> Command {
        let mut mysqld = home.command(&self.loader());
        mysqld
            .arg("--library-path")
            .arg(self.libraries())
            .arg(self.root.join("usr/sbin/mysqld"))
            .arg("--no-defaults")
            .arg(option("basedir", &self.root.join("usr")))
            .arg(option("lc-messages-dir", &self.root.join("usr/share/mysql")))
            .arg(option("plugin-dir", &self.root.join("usr/lib/mysql/plugin")))
            .arg(option("datadir", &home.join("data")))
            // Commits survive a killed server, but not a crash of the machine. Without this option, making a table
            // takes twice as long.
            .args(["--innodb-flush-log-at-trx-commit=2", "--innodb-doublewrite=OFF", "--innodb-flush-method=nosync"])
            .args(["--innodb-extend-and-initialize=OFF", "--innodb-log-writer-threads=OFF"])
            .args(["--innodb-redo-log-capacity=32M", "--innodb-buffer-pool-size=32M"])
            .arg("--skip-log-bin");
        if geteuid().is_root() {
            mysqld.arg("--user=root");
        }
        mysqld
    }
}

impl ServerSoftware for MySql {
    const BACKEND: Backend = Backend::MySql;
    const ADMIN_DATABASE: &'static str = "mysql";
    const DATABASES: &'static str = "SELECT 1 FROM information_schema.schemata WHERE schema_name";
    // The programs are in a folder that other accounts may not be able to read. MySQL runs as root if an option allows
    // it.
    const ACCOUNTS: &'static [&'static str] = &[];
    const PROCESS_ID_FILE: &'static str = "data/server.pid";
    const STOP: Signal = Signal::TERM;
    const DISCARD: Signal = Signal::KILL;

    fn find() -> Result<Self, ServerError> {
        Self::fetched().ok_or_else(|| {
            let tried = vec!["no `target/mysql`, which tests/run.sh fetches".to_owned()];
            ServerError::Missing { backend: Self::BACKEND, tried }
        })
    }

    fn initialise(&self, home: &DataDirectory) -> Result<(), ServerError> {
        let administrator = format!(
            "CREATE USER IF NOT EXISTS '{USER}'@'%' IDENTIFIED BY '{USER}';\n\
             GRANT ALL PRIVILEGES ON *.* TO '{USER}'@'%' WITH GRANT OPTION;\n"
        );
        fs::write(home.join("init.sql"), administrator).map_err(ServerError::io("write the start-up statements"))?;
        run(self.server(home).arg("--initialize-insecure")).map(drop)
    }

    fn command(&self, home: &DataDirectory, port: u16) -> Command {
        let mut mysqld = self.server(home);
        mysqld
            .arg(option("init-file", &home.join("init.sql")))
            // Relative to the data directory, because the path of a socket may have at most 107 bytes.
            .arg("--socket=server.sock")
            .arg("--pid-file=server.pid")
            .arg(format!("--port={port}"))
            .args(["--bind-address=127.0.0.1", "--skip-name-resolve"])
            .args(["--mysqlx=OFF", "--secure-file-priv=", "--max-connections=500"]);
        mysqld
    }
}

/// MySQL's command-line client: the fetched one, else that of this machine.
pub(crate) fn client() -> Program {
    match MySql::fetched() {
        Some(mysql) => Program::at(mysql.loader())
            .arg("--library-path")
            .arg(mysql.libraries())
            .arg(mysql.root.join("usr/bin/mysql")),
        None => Program::at(Path::new("mysql")),
    }
}
