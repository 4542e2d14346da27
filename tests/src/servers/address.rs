//! The address of a server, and the user that connects.

use std::{
    io,
    net::{SocketAddr, ToSocketAddrs},
};

use url::Url;

use super::ServerError;
use crate::Backend;

/// The address of a server with a user and a password, to which a database's name is added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    url: Url,
}

impl Address {
    /// The address of a server on this machine.
    pub fn local(backend: Backend, port: u16, user: &str, password: &str) -> Self {
        #[expect(clippy::expect_used, reason = "the text is a URL for every port")]
        let url =
            Url::parse(&format!("{}://127.0.0.1:{port}", backend.scheme())).expect("a URL made of a scheme and a port");
        Self { url }.with_user(user, password)
    }

    /// Reads the URL in `variable`. A database named in it is ignored.
    ///
    /// # Errors
    ///
    /// [`ServerError::Url`] when it is not a URL with a host.
    pub fn parse(variable: &'static str, text: &str) -> Result<Self, ServerError> {
        let url = Url::parse(text).map_err(|_| ServerError::Url { variable })?;
        if url.host_str().is_none() {
            return Err(ServerError::Url { variable });
        }
        Ok(Self { url })
    }

    /// The same server for another user. Both texts are percent-encoded here.
    pub fn with_user(&self, user: &str, password: &str) -> Self {
        let mut url = self.url.clone();
        // The crate leaves a percent sign unchanged. These calls fail only for URLs without a host, and none of these
        // exist here.
        let _ = url.set_username(&user.replace('%', "%25"));
        let _ = url.set_password(Some(&password.replace('%', "%25")));
        Self { url }
    }

    /// The same server behind another port of this machine, without encryption, so that the program at that port can
    /// read the messages.
    pub fn behind(&self, port: u16) -> Self {
        let mut url = self.url.clone();
        // These calls fail only for URLs without a host, and none of these exist here.
        let _ = url.set_host(Some("127.0.0.1"));
        let _ = url.set_port(Some(port));
        if url.scheme() == Backend::MySql.scheme() {
            // MySQL offers encryption, and drivers use it. MySQL accepts a password without encryption once it has
            // received it encrypted.
            url.set_query(Some("ssl-mode=DISABLED"));
        }
        Self { url }
    }

    /// The host and port as a connection needs them.
    ///
    /// # Errors
    ///
    /// When the name is not known.
    pub fn socket(&self) -> io::Result<SocketAddr> {
        let standard = if self.url.scheme() == Backend::MySql.scheme() { 3306 } else { 5432 };
        let mut known = (self.host(), self.port().unwrap_or(standard)).to_socket_addrs()?;
        known.next().ok_or_else(|| io::ErrorKind::AddrNotAvailable.into())
    }

    /// The URL of `database` on this server.
    pub fn url(&self, database: &str) -> String {
        let mut url = self.url.clone();
        url.set_path(database);
        url.into()
    }

    /// The host's name or address.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The port, if the URL names one.
    pub fn port(&self) -> Option<u16> {
        self.url.port()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_encoded() {
        let address = Address::local(Backend::Postgres, 5432, "user", "secret");
        assert_eq!(address.url("blog"), "postgres://user:secret@127.0.0.1:5432/blog");
        assert_eq!(
            address.with_user("user", "P@ss w%rd/:?#é").url("blog"),
            "postgres://user:P%40ss%20w%25rd%2F%3A%3F%23%C3%A9@127.0.0.1:5432/blog"
        );
    }
}
