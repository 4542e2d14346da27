//! The command-line clients of the databases, which run scripts.

use std::path::{Path, PathBuf};

use url::Url;

use crate::{
    Backend, Program, TestDatabase,
    servers::{mysql_client, postgres_program},
};

/// What a command-line client does after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// The client stops, as offline scripts require.
    Stops,
    /// The client continues, which is its default.
    GoesOn,
}

/// Returns the command that runs `script` on a database: `sqlite3`, `psql`, `mariadb` or `mysql`.
pub fn client(database: &TestDatabase, script: &str, obedience: OnError) -> Program {
    let program = match database.backend() {
        Backend::Sqlite => sqlite(&database.file(), obedience),
        Backend::Postgres => psql(&database.url(), obedience),
        Backend::MariaDb => like_mysql(Program::at("mariadb"), &database.url(), obedience),
        Backend::MySql => like_mysql(mysql_client(), &database.url(), obedience),
    };
    program.input(script).folder(database.folder())
}

/// Returns `pg_dump` for a database of PostgreSQL.
pub fn pg_dump(database: &TestDatabase) -> Program {
    let program = Program::at(postgres_program("pg_dump").unwrap_or_else(|| PathBuf::from("pg_dump")));
    program.arg(database.url()).folder(database.folder())
}

fn sqlite(file: &Path, obedience: OnError) -> Program {
    let program = Program::at("sqlite3");
    if obedience == OnError::Stops { program.arg("-bail") } else { program }.arg(file)
}

fn psql(url: &str, obedience: OnError) -> Program {
    let program = Program::at(postgres_program("psql").unwrap_or_else(|| PathBuf::from("psql")));
    let stop = if obedience == OnError::Stops { "ON_ERROR_STOP=1" } else { "ON_ERROR_STOP=0" };
    program.args(["--no-psqlrc", "--quiet", "-v", stop, "-f", "-", url])
}

fn like_mysql(program: Program, url: &str, obedience: OnError) -> Program {
    let program = program.arg("--no-defaults");
    let program = if obedience == OnError::GoesOn { program.arg("--force") } else { program };
    let Ok(url) = url.parse::<Url>() else { return program };
    let part = |name: &str, value: &str| format!("--{name}={value}");
    program
        .arg(part("host", url.host_str().unwrap_or_default()))
        .arg(part("port", &url.port().unwrap_or(3306).to_string()))
        .arg(part("user", url.username()))
        // MySQL's client warns of a password among the arguments.
        .env("MYSQL_PWD", url.password().unwrap_or_default())
        .arg(url.path().trim_start_matches('/'))
}
