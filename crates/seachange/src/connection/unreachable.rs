//! Detects an unreachable server at once.
//!
//! SQLx's pool treats a refused connection as a server that is starting, and tries again until the timeout; then the
//! reason is lost. So if the first connection takes long, a second, plain connection is tried beside it. When the
//! server answers soon, this costs nothing.

use std::future;
use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::{ConnectError, Endpoint};
use crate::settings::{DatabaseSettings, reason};

/// How long the driver has before the second connection is tried: time for several round trips.
const GRACE: Duration = Duration::from_secs(1);

/// The same on this computer, where a round trip takes almost no time.
const LOCAL_GRACE: Duration = Duration::from_millis(250);

/// How long one address has to answer. The driver's own timeout is longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Returns an error when the server of `settings` cannot be reached. Otherwise, it never returns.
pub(super) async fn watch(settings: &DatabaseSettings) -> ConnectError {
    let Some(endpoint) = Endpoint::of(settings) else {
        return future::pending().await;
    };
    let grace = if endpoint.is_local() { LOCAL_GRACE } else { GRACE };
    tokio::time::sleep(grace).await;
    let target = endpoint.clone();
    match tokio::task::spawn_blocking(move || knock(&target)).await {
        Ok(Err(error)) => ConnectError::Unreachable { endpoint, reason: reason(&error) },
        Ok(Ok(())) | Err(_) => future::pending().await,
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
