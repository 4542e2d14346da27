//! Tells an unreachable server at once.
//!
//! SQLx's pool takes a refused connection for a server that is starting, and tries again until the
//! timeout, after which the reason is lost. So a second, plain connection is tried beside it when the
//! first is not there soon; where all is well this costs nothing.

use std::future;
use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::{ConnectError, Endpoint};
use crate::settings::DatabaseSettings;

/// How long the driver has before anybody asks what keeps it.
const GRACE: Duration = Duration::from_millis(150);

/// How long one address has to answer. The driver's own timeout is longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Returns an error when the server of `settings` cannot be reached, and never otherwise.
pub(super) async fn watch(settings: &DatabaseSettings) -> ConnectError {
    tokio::time::sleep(GRACE).await;
    let Some(endpoint) = Endpoint::of(settings) else {
        return future::pending().await;
    };
    let target = endpoint.clone();
    match tokio::task::spawn_blocking(move || knock(&target)).await {
        Ok(Err(error)) => ConnectError::Unreachable {
            endpoint,
            reason: reason(&error),
        },
        Ok(Ok(())) | Err(_) => future::pending().await,
    }
}

/// Returns what a person needs of an error of the operating system.
pub(super) fn reason(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(_) => error.kind().to_string(),
        // A name that does not resolve has a text and no number.
        None => error.to_string(),
    }
}

fn knock(endpoint: &Endpoint) -> io::Result<()> {
    match endpoint {
        Endpoint::Tcp { host, port } => knock_tcp(host, *port),
        #[cfg(unix)]
        Endpoint::Socket(path) => std::os::unix::net::UnixStream::connect(path).map(drop),
        #[cfg(not(unix))]
        Endpoint::Socket(_) => Err(io::ErrorKind::Unsupported.into()),
    }
}

fn knock_tcp(host: &str, port: u16) -> io::Result<()> {
    let mut last = io::ErrorKind::AddrNotAvailable.into();
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(_) => return Ok(()),
            Err(error) => last = error,
        }
    }
    Err(last)
}
