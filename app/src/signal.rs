//! The signals that ask the service to stop.

use tracing::error;

/// Ends at Ctrl-C, and on Unix at SIGTERM.
pub(crate) async fn stop() {
    tokio::select! {
        () = interrupt() => {}
        () = terminate() => {}
    }
}

async fn interrupt() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        error!(%error, "Ctrl-C is not noticed");
        std::future::pending().await
    }
}

#[cfg(unix)]
async fn terminate() {
    use tokio::signal::unix::{SignalKind, signal};

    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            terminate.recv().await;
        }
        Err(error) => {
            error!(%error, "SIGTERM is not noticed");
            std::future::pending().await
        }
    }
}

#[cfg(not(unix))]
async fn terminate() {
    std::future::pending().await
}
