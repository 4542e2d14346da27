//! The listener, and its graceful shutdown.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::sleep;
use tracing::{info, warn};

use crate::signal::Signals;

/// A listener that failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// The service cannot listen on the address.
    #[error("cannot listen on `{host}` port {port}: {source}")]
    Bind {
        /// The requested host.
        host: String,
        /// The requested port.
        port: u16,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The service cannot accept connections any more.
    #[error("cannot accept connections: {0}")]
    Accept(#[from] io::Error),
}

/// Serves until SIGTERM or Ctrl-C, and then finishes the running requests for `limit` at most.
pub(crate) async fn until_stopped(
    host: &str,
    port: u16,
    router: Router,
    limit: Duration,
    signals: &Signals,
) -> Result<(), ServeError> {
    let listener = bind(host, port).await?;
    announce(listener.local_addr()?);
    let (stop, stopped) = oneshot::channel();
    let first = signals.clone();
    let told = async move {
        first.first().await;
        info!(limit = ?limit, "stopping");
        // The receiver is dropped only when the server has ended.
        let _ = stop.send(());
    };
    tokio::select! {
        served = axum::serve(listener, router).with_graceful_shutdown(told) => served?,
        () = out_of_patience(stopped, limit, signals) => warn!("running requests are aborted"),
    }
    info!("stopped");
    Ok(())
}

async fn bind(host: &str, port: u16) -> Result<TcpListener, ServeError> {
    let bound = TcpListener::bind((host, port)).await;
    bound.map_err(|source| ServeError::Bind { host: host.to_owned(), port, source })
}

/// Writes the address to the log, and, for the parent process, as the first line to stdout.
fn announce(address: SocketAddr) {
    info!(%address, "listening");
    let mut stdout = io::stdout().lock();
    if let Err(error) = writeln!(stdout, "listening on http://{address}").and_then(|()| stdout.flush()) {
        warn!(%error, "cannot write to stdout");
    }
}

/// Ends when, after the first signal, the limit has passed or a second signal arrives.
async fn out_of_patience(stopped: oneshot::Receiver<()>, limit: Duration, signals: &Signals) {
    if stopped.await.is_err() {
        // The server ended by itself; its own arm of the select reports how.
        return std::future::pending().await;
    }
    tokio::select! {
        () = sleep(limit) => {}
        () = signals.second() => {}
    }
}
