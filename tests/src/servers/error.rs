//! What can go wrong on the way to a running server.

use std::{io, path::PathBuf};

use crate::Backend;

/// A server that could not be found, started or reached.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// There is no such server here: what was looked for, place by place.
    #[error("no {backend} server: {}", tried.join(", "))]
    Missing {
        /// The database that is missing.
        backend: Backend,
        /// What was tried, in order.
        tried: Vec<String>,
    },
    /// A program that a test needs beside its server is not installed.
    #[error("no `{program}` in PATH or the system's folders")]
    NoProgram {
        /// The program's name.
        program: &'static str,
    },
    /// We are root, which the server refuses to run as, and no other account is known.
    #[error("no account to run the server under: looked for {}", candidates.join(", "))]
    NoAccount {
        /// The names that were looked for.
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
        /// The end of what it wrote.
        output: String,
    },
    /// The server did not accept a connection in time.
    #[error("{backend} did not accept connections on port {port}: {reason}; its log ends:\n{log}")]
    NotReady {
        /// The database.
        backend: Backend,
        /// The port that it was told to listen on.
        port: u16,
        /// The last refusal, or how it exited.
        reason: String,
        /// The end of its log.
        log: String,
    },
    /// A file or process operation failed.
    #[error("cannot {action}: {source}")]
    Io {
        /// What was tried.
        action: String,
        /// Why it failed.
        source: io::Error,
    },
    /// A variable names a server of another kind.
    #[error("`{variable}` names a server that says it is `{version}`, which is not {backend}")]
    Kind {
        /// Where the URL comes from.
        variable: &'static str,
        /// The kind that the variable stands for.
        backend: Backend,
        /// What the server says.
        version: String,
    },
    /// A URL, given or printed by a container engine, that does not name a server.
    #[error("`{variable}` does not hold the URL of a server")]
    Url {
        /// Where the URL comes from.
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
