//! Why a connection could not be made, as data.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::Endpoint;
use crate::settings::{Driver, reason};

/// A connection that could not be made. No variant holds a password.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The program was compiled without the driver.
    #[error("this program was built without the `{}` feature", .driver.feature())]
    DriverNotBuilt {
        /// The driver that is missing.
        driver: Driver,
    },
    /// No server answers at the address.
    #[error("cannot reach the database server at `{endpoint}`: {reason}")]
    Unreachable {
        /// The address of the server.
        endpoint: Endpoint,
        /// What the operating system said.
        reason: String,
    },
    /// The server accepted no connection before the timeout: it does not answer, is starting, or has no connection
    /// left.
    #[error("no connection to the database server at `{endpoint}` in time")]
    TimedOut {
        /// Where the server is.
        endpoint: Endpoint,
    },
    /// The server accepts no connection now: it has none left, or is starting or stopping.
    #[error("the database server at `{endpoint}` takes no connection now: {reason}")]
    Busy {
        /// Where the server is.
        endpoint: Endpoint,
        /// What the server said.
        reason: String,
    },
    /// The server refused the user or the password.
    #[error("the database server at `{endpoint}` refused user `{username}`: {reason}")]
    AccessDenied {
        /// Where the server is.
        endpoint: Endpoint,
        /// The user, as the driver sent it.
        username: String,
        /// What the server said.
        reason: String,
    },
    /// The server has no such database.
    #[error("the database server at `{endpoint}` has no database `{name}`")]
    UnknownDatabase {
        /// Where the server is.
        endpoint: Endpoint,
        /// The requested database.
        name: String,
    },
    /// The user may not use the database.
    #[error("user `{username}` may not use the database `{name}` at `{endpoint}`")]
    DatabaseDenied {
        /// Where the server is.
        endpoint: Endpoint,
        /// The user, as the driver sent it.
        username: String,
        /// The requested database.
        name: String,
    },
    /// The connection could not be encrypted as the settings ask.
    #[error("no encrypted connection to the database server at `{endpoint}`: {reason}")]
    Tls {
        /// Where the server is.
        endpoint: Endpoint,
        /// What the driver said.
        reason: String,
    },
    /// `DATABASE_TLS_CA_FILE`, or `sslrootcert` of a URL, cannot be read.
    #[error("cannot read the certificates in `{}`: {}", path.display(), reason(source))]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The server is not one of the driver's kind, or asks for a feature that the driver does not have.
    #[error("the server at `{endpoint}` does not use the protocol of {driver}: {reason}")]
    Protocol {
        /// The address of the server.
        endpoint: Endpoint,
        /// The driver.
        driver: Driver,
        /// What the driver said.
        reason: String,
    },
    /// The path of a SQLite file is a folder.
    #[error("the database file `{}` is a folder", path.display())]
    IsFolder {
        /// The path.
        path: PathBuf,
    },
    /// The SQLite file does not exist, and the settings forbid to create it.
    #[error("the database file `{}` does not exist", path.display())]
    NoFile {
        /// The path.
        path: PathBuf,
    },
    /// The folder of the SQLite file does not exist, and is not created, because the URL may mean another one.
    #[error("the folder `{}` for the database file does not exist", folder.display())]
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder of the SQLite file could not be created.
    #[error("cannot create the folder `{}` for the database file: {}", folder.display(), reason(source))]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The SQLite file could not be created or opened.
    #[error("cannot open the database file `{}`: {}", path.display(), reason(source))]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file exists, and is not a SQLite database.
    #[error("the file `{}` is not a SQLite database", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The SQLite file is locked by another program.
    #[error("the database file `{}` is locked by another program", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The SQLite file, or its folder, cannot be written.
    #[error("the database file `{}` is read-only", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// Another error.
    #[error("cannot connect to `{database}`: {reason}")]
    Other {
        /// The database, with its password masked.
        database: String,
        /// What the driver said.
        reason: String,
    },
}

impl ConnectError {
    /// The same error for another database of the server, if it concerns the server as a whole: nothing answers there.
    pub(crate) fn of_server(&self) -> Option<Self> {
        match self {
            Self::Unreachable { endpoint, reason } => {
                Some(Self::Unreachable { endpoint: endpoint.clone(), reason: reason.clone() })
            }
            Self::TimedOut { endpoint } => Some(Self::TimedOut { endpoint: endpoint.clone() }),
            _ => None,
        }
    }
}
