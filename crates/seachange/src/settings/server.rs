//! A database on a server, as fields.

use std::fmt;
use std::net::Ipv6Addr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::error::UrlProblem;
use super::secret::Secret;
use super::{Driver, TlsMode};

/// The characters that are not percent-encoded when a name is shown in a URL.
const SHOWN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A database on a PostgreSQL, MySQL or MariaDB server. Every field is decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerLocation {
    pub(super) driver: Driver,
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret>,
    /// A name, an address (IPv6 without brackets), or the path of a socket: its folder on PostgreSQL, the socket
    /// itself on MySQL. `None` means that the driver chooses.
    pub(super) host: Option<String>,
    pub(super) port: Option<u16>,
    /// Never empty after the settings are resolved.
    pub(super) name: String,
    pub(super) schema: Option<String>,
    pub(super) tls: Option<TlsMode>,
    pub(super) tls_ca: Option<String>,
    /// Parameters that are passed to the driver unchanged, by the names that SQLx uses.
    pub(super) parameters: Vec<(String, String)>,
}

impl ServerLocation {
    pub(super) fn new(driver: Driver) -> Self {
        Self {
            driver,
            username: None,
            password: None,
            host: None,
            port: None,
            name: String::new(),
            schema: None,
            tls: None,
            tls_ca: None,
            parameters: Vec::new(),
        }
    }

    /// Returns how the connection is encrypted. If the settings name an authority, the default is to verify the
    /// certificate.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub(super) fn tls_mode(&self) -> Option<TlsMode> {
        let verified = self.tls_ca.as_ref().map(|_| TlsMode::VerifyFull);
        self.tls.or(verified)
    }

    /// Returns the name of the database.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// Shows the server as a URL without parameters, with the password as `***`.
impl fmt::Display for ServerLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encode = |text| utf8_percent_encode(text, SHOWN);
        write!(f, "{}://", self.driver.feature())?;
        if let Some(username) = &self.username {
            write!(f, "{}", encode(username))?;
        }
        if self.password.is_some() {
            f.write_str(":***")?;
        }
        if self.username.is_some() || self.password.is_some() {
            f.write_str("@")?;
        }
        match self.host.as_deref() {
            Some(address) if address.contains(':') => write!(f, "[{address}]")?,
            Some(host) => write!(f, "{}", encode(host))?,
            None => {}
        }
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "/{}", encode(&self.name))
    }
}

/// Reads a host: a name, an IPv4 or IPv6 address (in brackets or not), or the path of a socket.
pub(super) fn host(text: &str) -> Option<String> {
    if text.starts_with('/') {
        return (!text.contains('\0')).then(|| text.to_owned());
    }
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    if bare.is_some() || text.contains(':') {
        let address = bare.unwrap_or(text);
        return address.parse::<Ipv6Addr>().ok().map(|_| address.to_owned());
    }
    let is_name = |c: char| c.is_alphanumeric() || "-._".contains(c);
    (!text.is_empty() && text.chars().all(is_name)).then(|| text.to_owned())
}

/// Reads the host of a URL.
pub(super) fn url_host(text: &str) -> Result<String, UrlProblem> {
    match host(text) {
        Some(host) => Ok(host),
        None if text.contains(',') => Err(UrlProblem::SeveralHosts),
        None => Err(UrlProblem::Host),
    }
}

/// Reads a port, from 1 to 65535.
pub(super) fn port(text: &str) -> Option<u16> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let port = text.parse().ok().filter(|port| *port != 0);
    port.filter(|_| is_number)
}
