//! The signals that ask the service to stop.

use tracing::error;

/// Watches from this call on, and ends at Ctrl-C, and on Unix at SIGTERM.
#[cfg(unix)]
pub(crate) fn stop() -> impl Future<Output = ()> {
    use tokio::signal::unix::SignalKind;

    let interrupt = watch(SignalKind::interrupt(), "Ctrl-C");
    let terminate = watch(SignalKind::terminate(), "SIGTERM");
    async {
        tokio::select! {
            () = interrupt => {}
            () = terminate => {}
        }
    }
}

/// The signal is caught at once, and not when somebody first waits for it: until then, it would end the process.
#[cfg(unix)]
fn watch(kind: tokio::signal::unix::SignalKind, name: &'static str) -> impl Future<Output = ()> {
    let watched = tokio::signal::unix::signal(kind);
    async move {
        match watched {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                error!(%error, "{name} is not noticed");
                std::future::pending().await
            }
        }
    }
}

/// Ends at Ctrl-C.
#[cfg(not(unix))]
pub(crate) async fn stop() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        error!(%error, "Ctrl-C is not noticed");
        std::future::pending().await
    }
}
