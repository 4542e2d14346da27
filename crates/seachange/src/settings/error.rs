//! The errors in settings, as data. No variant holds a password.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::{DEFAULT_PATH, Driver, TlsMode};

/// Settings that do not identify one database.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The database URL cannot be used.
    #[error("bad database URL `{url}`: {problem}")]
    Url {
        /// The URL with its password masked.
        url: String,
        /// Which part is wrong.
        problem: UrlProblem,
    },
    /// SQLAlchemy and SQLx read a SQLite URL with three slashes differently, and only the file that this program
    /// would not open exists.
    #[error("ambiguous database URL `{url}`: `{missing}` does not exist, but `{existing}` does")]
    AmbiguousPath {
        /// The URL.
        url: String,
        /// The path as these settings read it.
        missing: String,
        /// The path in the other reading.
        existing: String,
    },
    /// No setting names a database, and the program does not run where the default is acceptable.
    #[error("no database is configured, and the default, the SQLite file `{DEFAULT_PATH}`, is for cargo projects")]
    Unset,
    /// `DATABASE_HOSTNAME` names several hosts.
    #[error("`DATABASE_HOSTNAME` is `{value}`, which names several hosts, and a connection is made to one")]
    SeveralHosts {
        /// The value.
        value: String,
    },
    /// `DATABASE_DRIVER` names no driver.
    #[error("unknown driver `{name}` in `DATABASE_DRIVER`: not one of sqlite, postgres, mysql, mariadb")]
    UnknownDriver {
        /// The value.
        name: String,
    },
    /// The program was compiled without the driver.
    #[error("this program was built without the `{}` feature, and the settings name a {driver} database", .driver.feature())]
    DriverNotBuilt {
        /// The driver that is missing.
        driver: Driver,
    },
    /// A part is set, but no setting names the driver.
    #[error("`{variable}` is set, but neither `DATABASE_DRIVER` nor `DATABASE_URL` is")]
    MissingDriver {
        /// The part that is set.
        variable: &'static str,
    },
    /// A server needs the name of a database.
    #[error("`DATABASE_NAME` is not set, and a {driver} server holds many databases")]
    MissingName {
        /// The server.
        driver: Driver,
    },
    /// `DATABASE_PORT` is not a port.
    #[error("`DATABASE_PORT` is `{value}`, which is not a number from 1 to 65535")]
    Port {
        /// The value.
        value: String,
    },
    /// `DATABASE_HOSTNAME` is not a host.
    #[error("`DATABASE_HOSTNAME` is `{value}`, which is not a host name, an address or the path of a socket")]
    Hostname {
        /// The value.
        value: String,
    },
    /// `DATABASE_TLS_MODE` is not a mode.
    #[error("`DATABASE_TLS_MODE` is `{value}`, which is not one of {}", TlsMode::NAMES)]
    TlsMode {
        /// The value.
        value: String,
    },
    /// Two variables that exclude each other are set.
    #[error("both `{first}` and `{second}` are set")]
    Both {
        /// The first variable.
        first: &'static str,
        /// The second variable.
        second: &'static str,
    },
    /// A part contradicts the URL.
    #[error("`{variable}` disagrees with the database URL")]
    Disagrees {
        /// The part.
        variable: &'static str,
    },
    /// A part does not apply to the driver.
    #[error("`{variable}` is set, but does not apply to {driver}")]
    NotApplicable {
        /// The part.
        variable: &'static str,
        /// The driver that the other settings name.
        driver: Driver,
    },
    /// `DATABASE_PASSWORD_FILE` cannot be read.
    #[error("cannot read `{}`, which `DATABASE_PASSWORD_FILE` names: {}", path.display(), kind_text(*kind))]
    PasswordFile {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        kind: io::ErrorKind,
    },
}

/// The part of a database URL that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlProblem {
    /// It does not start with a scheme such as `postgres://`.
    NoScheme,
    /// No driver has this scheme.
    UnknownScheme(String),
    /// A reserved character in the user name or password is not percent-encoded, or there is a `#`.
    Reserved,
    /// A `%` is not followed by two hexadecimal digits, or the bytes are not UTF-8.
    PercentEncoding(UrlPart),
    /// The host is not a name, an address or the path of a socket.
    Host,
    /// The URL names several hosts, but the driver connects to one.
    SeveralHosts,
    /// An IPv6 address has no brackets.
    BareIpv6,
    /// The port is not a number from 1 to 65535.
    Port,
    /// A server's URL has no database name.
    MissingName,
    /// There is no path after `sqlite:`.
    MissingPath,
    /// A query parameter has a value that the driver does not accept.
    Parameter(String),
}

impl fmt::Display for UrlProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoScheme => f.write_str("it does not start with a scheme such as `postgres://`"),
            Self::UnknownScheme(scheme) => {
                write!(f, "unknown scheme `{scheme}`, not one of sqlite, postgres, mysql, mariadb")
            }
            Self::Reserved => f.write_str("a `/`, `?`, `#` or `@` in the user name or password is not percent-encoded"),
            Self::PercentEncoding(part) => write!(f, "bad percent-encoding in the {part}"),
            Self::Host => f.write_str("the host is not a name or an address"),
            Self::SeveralHosts => f.write_str("it names several hosts, and a connection is made to one"),
            Self::BareIpv6 => f.write_str("an IPv6 host is not enclosed in `[` and `]`"),
            Self::Port => f.write_str("the port is not a number from 1 to 65535"),
            Self::MissingName => f.write_str("the name of the database is missing"),
            Self::MissingPath => f.write_str("the path of the file is missing"),
            Self::Parameter(name) => write!(f, "bad value for the parameter `{name}`"),
        }
    }
}

/// A part of a URL that may be percent-encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlPart {
    /// The user name.
    Username,
    /// The password.
    Password,
    /// The host.
    Host,
    /// The name of the database.
    Name,
    /// The path of a SQLite file.
    Path,
}

impl fmt::Display for UrlPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Username => "user name",
            Self::Password => "password",
            Self::Host => "host",
            Self::Name => "name of the database",
            Self::Path => "path",
        })
    }
}

/// Formats an error of the operating system for a message: lowercase, without numbers.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(_) => kind_text(error.kind()),
        // An error of name resolution has a text and no number.
        None => error.to_string(),
    }
}

fn kind_text(kind: io::ErrorKind) -> String {
    match kind {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        kind => kind.to_string(),
    }
}
