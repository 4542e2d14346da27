//! Hints for settings that identify no database, and for databases that refuse the connection.

use std::io::ErrorKind;

use sea_orm::DbErr;
use seachange_cli::{Diagnostic, Exit, printable};

use crate::args::env_file::EnvFileError;
use crate::args::named::NamedSettingsError;
use crate::connection::ConnectError;
use crate::database_error::{ServerDetails, database_error, is_denied, is_read_only, remarks};
use crate::settings::{DEFAULT_PATH, SettingsError, UrlPart, UrlProblem};

pub(crate) fn connect(error: &ConnectError) -> Diagnostic {
    let problem = Diagnostic::new(Exit::Connection, error.to_string());
    match error {
        ConnectError::DriverNotBuilt { driver } => {
            problem.hint(format!("give the dependency on seachange the feature `{}`", driver.feature()))
        }
        ConnectError::Unreachable { .. } => problem.hint(
            "check that it is running; `DATABASE_URL`, or `DATABASE_HOSTNAME` and `DATABASE_PORT`, set the address",
        ),
        ConnectError::TimedOut { .. } | ConnectError::Busy { .. } => {
            problem.hint("it may be starting, have no connection left, or be a server of another kind: try again")
        }
        ConnectError::AccessDenied { .. } => problem
            .hint("`DATABASE_USERNAME` and `DATABASE_PASSWORD`, or `DATABASE_URL`, set the user and the password"),
        ConnectError::UnknownDatabase { .. } => problem.hint("create it, or correct `DATABASE_NAME`"),
        ConnectError::DatabaseDenied { .. } => problem.hint("grant the user access to it"),
        ConnectError::Tls { .. } | ConnectError::CaFile { .. } => {
            problem.hint("`DATABASE_TLS_MODE` sets whether and how to encrypt")
        }
        ConnectError::Protocol { .. } => {
            problem.hint("`DATABASE_DRIVER`, or the beginning of `DATABASE_URL`, sets the kind of server")
        }
        ConnectError::NoFolder { folder } => problem
            .detail("SQLAlchemy and SQLx read a path after `sqlite:///` differently, so no folder is created")
            .hint(format!("create the folder `{}`, or write the path directly after `sqlite:`", folder.display())),
        ConnectError::IsFolder { .. } => problem.hint("name a file in it"),
        ConnectError::NotADatabase { .. } => problem.hint("the file was not changed; name another one"),
        ConnectError::Locked { .. } => problem.hint("wait for the other program, or stop it"),
        ConnectError::ReadOnly { .. } | ConnectError::File { .. } | ConnectError::Folder { .. } => {
            problem.hint("this user needs to write to the file and to its folder")
        }
        _ => problem,
    }
}

/// Adds the detail and hint of a PostgreSQL error, one line each.
pub(crate) fn with_remarks(problem: Diagnostic, error: &DbErr) -> Diagnostic {
    let ServerDetails { detail, hint } = remarks(error);
    let details = detail.into_iter().flat_map(str::lines).map(|line| format!("detail: {}", printable::name(line)));
    let hints =
        hint.into_iter().flat_map(str::lines).map(|line| format!("the server's hint: {}", printable::name(line)));
    details.chain(hints).fold(problem, Diagnostic::detail)
}

/// Adds a hint for an error of a statement of the engine itself.
pub(super) fn refused(problem: Diagnostic, error: &DbErr) -> Diagnostic {
    if let DbErr::Type(_) = error {
        return problem.hint("another program, or a newer one, wrote this row: run that one, or correct the row");
    }
    let hint = match database_error(error).and_then(|error| error.code()).as_deref() {
        _ if is_denied(error) => {
            "this user lacks a right: `status` has to read the tables of seachange, and `up` to create and change tables too"
        }
        _ if is_read_only(error) => {
            "this server, or this session, only reads: point the settings at a server that accepts writes"
        }
        // PostgreSQL's invalid_schema_name: no schema of the search path exists.
        Some("3F000") => "`DATABASE_SCHEMA` names a schema that does not exist: create it",
        // PostgreSQL's duplicate_prepared_statement and invalid_sql_statement_name: another client shares the
        // session.
        Some("42P05" | "26000") => {
            "a pooler seems to assign sessions by transaction: connect to the server itself, or to a pool in session mode"
        }
        // SQLite's BUSY.
        Some("5") => "another program is writing: wait for it, or stop it",
        // SQLite's READONLY, and READONLY_DIRECTORY.
        Some("8" | "1544") => {
            "this user needs to write to the file and to its folder, and the URL must not contain `mode=ro`"
        }
        _ => return problem,
    };
    Diagnostic { exit: Exit::Connection, ..problem }.hint(hint)
}

impl From<SettingsError> for Diagnostic {
    fn from(error: SettingsError) -> Self {
        let problem = Self::usage(error.to_string());
        match &error {
            SettingsError::AmbiguousPath { missing, existing, .. } => {
                problem.detail("SQLAlchemy reads a path after three slashes as relative, and SQLx as absolute").hint(
                    format!("write `sqlite:{existing}` for the file that exists, or `sqlite:{missing}` for a new one"),
                )
            }
            SettingsError::Unset => problem
                .hint("set `DATABASE_URL`, or its parts: this folder, and those above it, have no `Cargo.toml`")
                .hint(format!("to use that SQLite file anyway, set `DATABASE_URL=sqlite:{DEFAULT_PATH}`")),
            SettingsError::SeveralHosts { .. } => problem.hint(ONE_HOST),
            SettingsError::DriverNotBuilt { driver, .. } => {
                problem.hint(format!("give the dependency on seachange the feature `{}`", driver.feature()))
            }
            SettingsError::MissingDriver { .. } => problem.hint("set `DATABASE_DRIVER` to sqlite, postgres or mysql"),
            SettingsError::MissingName { .. } => problem.hint("set `DATABASE_NAME`"),
            SettingsError::Both { .. } | SettingsError::Disagrees { .. } => problem.hint("keep one of them"),
            SettingsError::NotApplicable { .. } => problem.hint("unset it"),
            SettingsError::Url { problem: wrong, .. } => problem.hint(url_hint(wrong)),
            _ => problem,
        }
    }
}

/// For lists of hosts, from which other drivers choose one.
const ONE_HOST: &str = "name the server that accepts writes, or a host name that leads to it";

fn url_hint(problem: &UrlProblem) -> &'static str {
    match problem {
        UrlProblem::Reserved | UrlProblem::PercentEncoding(UrlPart::Password) => {
            "write `/` as `%2F`, `?` as `%3F`, `#` as `%23`, `@` as `%40` and `%` as `%25`, or set `DATABASE_PASSWORD`, \
             which takes a password as it is"
        }
        UrlProblem::PercentEncoding(_) => "write `%` as `%25`",
        UrlProblem::SeveralHosts => ONE_HOST,
        UrlProblem::BareIpv6 => "for example `postgres://user@[::1]:5432/name`",
        _ => "for example `postgres://user:password@localhost:5432/name`, or `sqlite:data/app.db`",
    }
}

/// For a file of variables that cannot be read.
const ENV_FILE: &str =
    "make it a file that this user may read, or name another with `--env-file` or `SEACHANGE_ENV_FILE`";

impl From<NamedSettingsError> for Diagnostic {
    fn from(error: NamedSettingsError) -> Self {
        let problem = Self::usage(error.to_string());
        match &error {
            // In sea-orm-cli, `-n` is a number of revisions.
            NamedSettingsError::Unknown { name, .. } if name.parse::<u32>().is_ok() => {
                problem.hint(format!("for a number of revisions, write only the number: `up {name}`"))
            }
            _ => problem,
        }
    }
}

impl From<EnvFileError> for Diagnostic {
    fn from(error: EnvFileError) -> Self {
        let problem = Self::usage(error.to_string());
        match error {
            EnvFileError::Malformed { .. } => problem.hint("put single quotes around a value with spaces or `#` in it"),
            EnvFileError::Unreadable { source, .. } if source.kind() == ErrorKind::IsADirectory => problem
                .detail("a container engine creates a folder if the file of a bind mount is missing")
                .hint(ENV_FILE),
            EnvFileError::Unreadable { .. } => problem.hint(ENV_FILE),
            EnvFileError::Missing { .. } => problem,
        }
    }
}
