//! The address of a server, as the driver determines it.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use crate::settings::DatabaseSettings;

/// The address of a database server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A host and a port.
    Tcp {
        /// A name or an address.
        host: String,
        /// The port.
        port: u16,
    },
    /// A Unix socket.
    Socket(PathBuf),
}

impl Endpoint {
    /// Returns the address of the server of `settings`, with the driver's own defaults. A SQLite database has none.
    pub(super) fn of(settings: &DatabaseSettings) -> Option<Self> {
        settings.endpoint().map(|(host, port)| match host {
            host if host.starts_with('/') => Self::Socket(PathBuf::from(host)),
            host => Self::Tcp { host, port },
        })
    }

    /// Says whether the server is on this computer, according to its address.
    pub(super) fn is_local(&self) -> bool {
        match self {
            Self::Socket(_) => true,
            Self::Tcp { host, .. } => {
                let address = host.parse::<IpAddr>();
                host == "localhost" || address.is_ok_and(|address| address.is_loopback())
            }
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Socket(path) => write!(f, "{}", path.display()),
        }
    }
}
