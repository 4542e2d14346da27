//! Errors of finding, starting and reaching a server.

use std::{io, path::PathBuf};

use crate::Backend;

/// A server that could not be found, started or reached.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// There is no such server on this machine. Lists the searched places.
    #[error("no {backend} server: {}", tried.join(", "))]
    Missing {
        /// The database that is missing.
        backend: Backend,
        /// The searched places, in order.
        tried: Vec<String>,
    },
    /// A program that a test needs beside its server is not installed.
    #[error("no `{program}` in PATH or the system's folders")]
    NoProgram {
        /// The program's name.
        program: &'static str,
    },
    /// This process runs as root, which the server refuses, and no other account exists.
    #[error("no account to run the server under: looked for {}", candidates.join(", "))]
    NoAccount {
        /// The names of the accounts that were searched.
        candidates: &'static [&'static str],
    },
    /// The account that the server runs under cannot use its data directory.
    #[error("account `{account}` cannot write to `{}`", path.display())]
    NotReachable {
        /// The account's name.
        account: String,
        /// The data directory.
        path: PathBuf,
    },
    /// A program of the server's failed.
    #[error("`{program}` failed ({status}): {output}")]
    Failed {
        /// The program.
        program: String,
        /// Its exit status.
        status: String,
        /// The end of its output.
        output: String,
    },
    /// The server did not accept a connection in time.
    #[error("{backend} did not accept connections on port {port}: {reason}; its log ends:\n{log}")]
    NotReady {
        /// The database.
        backend: Backend,
        /// The port on which it should listen.
        port: u16,
        /// The last error of a connection, or the exit status of the server.
        reason: String,
        /// The end of its log.
        log: String,
    },
    /// A file or process operation failed.
    #[error("cannot {action}: {source}")]
    Io {
        /// The operation.
        action: String,
        /// The error.
        source: io::Error,
    },
    /// A variable names a server of another kind.
    #[error("`{variable}` names a server that says it is `{version}`, which is not {backend}")]
    Kind {
        /// The source of the URL.
        variable: &'static str,
        /// The kind that the variable stands for.
        backend: Backend,
        /// The version that the server reports.
        version: String,
    },
    /// A URL, given or printed by a container engine, that does not name a server.
    #[error("`{variable}` does not hold the URL of a server")]
    Url {
        /// The source of the URL.
        variable: &'static str,
    },
    /// A statement failed.
    #[error(transparent)]
    Database(#[from] sea_orm::DbErr),
}

impl ServerError {
    /// Makes an I/O error with `action`, as in "cannot {action}".
    pub(crate) fn io(action: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let action = action.into();
        move |source| Self::Io { action, source }
    }
}

/// The last `lines` lines of `text`.
pub(crate) fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.trim_end().lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
