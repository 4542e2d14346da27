//! Settings that name no database, and databases that do not let us in.

use sea_orm::DbErr;

use crate::args::env_file::EnvFileError;
use crate::cli::exit::Exit;
use crate::cli::problem::Problem;
use crate::connection::ConnectError;
use crate::database_error::database_error;
use crate::settings::{SettingsError, UrlPart, UrlProblem};

pub(super) fn connect(error: &ConnectError) -> Problem {
    let problem = Problem::new(Exit::Connection, error.to_string());
    match error {
        ConnectError::DriverNotBuilt { driver } => {
            problem.hint(format!("give the dependency on seachange the feature `{}`", driver.feature()))
        }
        ConnectError::Unreachable { .. } => {
            problem.hint("is it running there? `DATABASE_URL`, or `DATABASE_HOSTNAME` and `DATABASE_PORT`, say where")
        }
        ConnectError::TimedOut { .. } | ConnectError::Busy { .. } => {
            problem.hint("it may be starting, have no connection left, or be a server of another kind: try again")
        }
        ConnectError::AccessDenied { .. } => {
            problem.hint("`DATABASE_USERNAME` and `DATABASE_PASSWORD`, or `DATABASE_URL`, say as whom to connect")
        }
        ConnectError::UnknownDatabase { .. } => problem.hint("create it, or correct `DATABASE_NAME`"),
        ConnectError::DatabaseDenied { .. } => problem.hint("grant the user access to it"),
        ConnectError::Tls { .. } | ConnectError::CaFile { .. } => {
            problem.hint("`DATABASE_TLS_MODE` says whether and how to encrypt")
        }
        ConnectError::Protocol { .. } => {
            problem.hint("`DATABASE_DRIVER`, or the beginning of `DATABASE_URL`, says what kind of server it is")
        }
        ConnectError::IsFolder { .. } => problem.hint("name a file in it"),
        ConnectError::NotADatabase { .. } => problem.hint("the file was not touched; name another one"),
        ConnectError::Locked { .. } => problem.hint("wait for the other program, or stop it"),
        ConnectError::ReadOnly { .. } | ConnectError::File { .. } | ConnectError::Folder { .. } => {
            problem.hint("this user needs to write to the file and to its folder")
        }
        _ => problem,
    }
}

/// What the database refused the engine itself.
pub(super) fn refused(problem: Problem, error: &DbErr) -> Problem {
    if let DbErr::Type(_) = error {
        return problem.hint("another program, or a newer one, wrote this row: run that one, or correct the row");
    }
    let hint = match database_error(error).and_then(|error| error.code()).as_deref() {
        // PostgreSQL's invalid_schema_name: no schema of the search path is there.
        Some("3F000") => "`DATABASE_SCHEMA` names a schema that is not there: create it",
        // PostgreSQL's insufficient_privilege.
        Some("42501") => "the user needs the right to create tables in the schema",
        // PostgreSQL's duplicate_prepared_statement and invalid_sql_statement_name: the session is somebody else's, too.
        Some("42P05" | "26000") => {
            "a pooler seems to hand out sessions by transaction: connect to the server itself, or to a pool in session mode"
        }
        // SQLite's BUSY.
        Some("5") => "another program is writing: wait for it, or stop it",
        // SQLite's READONLY, and READONLY_DIRECTORY.
        Some("8" | "1544") => {
            "this user needs to write to the file and to its folder, and the URL not to say `mode=ro`"
        }
        _ => return problem,
    };
    Problem { exit: Exit::Connection, ..problem }.hint(hint)
}

impl From<SettingsError> for Problem {
    fn from(error: SettingsError) -> Self {
        let problem = Self::usage(error.to_string());
        match &error {
            SettingsError::AmbiguousPath { relative, absolute } => problem
                .hint(format!("write `sqlite:{relative}` for the path from here"))
                .hint(format!("or `sqlite:{absolute}` for the one that exists")),
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

fn url_hint(problem: &UrlProblem) -> &'static str {
    match problem {
        UrlProblem::Reserved | UrlProblem::PercentEncoding(UrlPart::Password) => {
            "write `/` as `%2F`, `?` as `%3F`, `#` as `%23`, `@` as `%40` and `%` as `%25`, or set `DATABASE_PASSWORD`, \
             which takes a password as it is"
        }
        UrlProblem::PercentEncoding(_) => "write `%` as `%25`",
        UrlProblem::BareIpv6 => "for example `postgres://user@[::1]:5432/name`",
        _ => "for example `postgres://user:password@localhost:5432/name`, or `sqlite:data/app.db`",
    }
}

impl From<EnvFileError> for Problem {
    fn from(error: EnvFileError) -> Self {
        let problem = Self::usage(error.to_string());
        match error {
            EnvFileError::Malformed { .. } => problem.hint("put single quotes round a value with spaces or `#` in it"),
            _ => problem,
        }
    }
}
