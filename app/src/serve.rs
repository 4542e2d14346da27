//! Listening, and an orderly end.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::sleep;
use tracing::{info, warn};

use crate::signal;

/// A listener that failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// The address cannot be listened on.
    #[error("cannot listen on `{host}` port {port}: {source}")]
    Bind {
        /// The host that was asked for.
        host: String,
        /// The port that was asked for.
        port: u16,
        /// What the operating system said.
        source: io::Error,
    },
    /// Connections cannot be accepted any more.
    #[error("cannot accept connections: {0}")]
    Accept(#[from] io::Error),
}

/// Serves until SIGTERM or Ctrl-C, and then for `limit` at most the requests that are under way.
pub(crate) async fn until_stopped(host: &str, port: u16, router: Router, limit: Duration) -> Result<(), ServeError> {
    // Before anybody can know that the service is there, and ask it to stop.
    let asked = signal::stop();
    let listener = bind(host, port).await?;
    announce(listener.local_addr()?);
    let (stop, stopped) = oneshot::channel();
    let told = async move {
        asked.await;
        info!(limit = ?limit, "stopping");
        // The receiver is gone only when nothing is served any more.
        let _ = stop.send(());
    };
    tokio::select! {
        served = axum::serve(listener, router).with_graceful_shutdown(told) => served?,
        () = out_of_patience(stopped, limit) => warn!("requests that were under way are cut"),
    }
    info!("stopped");
    Ok(())
}

async fn bind(host: &str, port: u16) -> Result<TcpListener, ServeError> {
    let bound = TcpListener::bind((host, port)).await;
    bound.map_err(|source| ServeError::Bind { host: host.to_owned(), port, source })
}

/// Tells the address: in the log, and as the first line on stdout for whoever started the service.
fn announce(address: SocketAddr) {
    info!(%address, "listening");
    let mut stdout = io::stdout().lock();
    if let Err(error) = writeln!(stdout, "listening on http://{address}").and_then(|()| stdout.flush()) {
        warn!(%error, "cannot write to stdout");
    }
}

/// Ends when, after the first signal, the time is up or a second signal comes.
async fn out_of_patience(stopped: oneshot::Receiver<()>, limit: Duration) {
    if stopped.await.is_err() {
        // Serving ended by itself; its own arm of the select says how.
        return std::future::pending().await;
    }
    tokio::select! {
        () = sleep(limit) => {}
        () = signal::stop() => {}
    }
}
