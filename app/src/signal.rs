//! The signals that ask the service to stop.

use tokio::sync::watch;
use tracing::error;

/// A counter of Ctrl-C and, on Unix, SIGTERM. All clones see every signal.
#[derive(Clone, Debug)]
pub(crate) struct Signals(watch::Receiver<u32>);

impl Signals {
    /// Listens from now on until the runtime ends: signals do not end the process any more.
    pub(crate) fn listen() -> Self {
        let (sender, receiver) = watch::channel(0);
        tokio::spawn(count(sender));
        Self(receiver)
    }

    /// Returns whether a signal has arrived.
    pub(crate) fn have_come(&self) -> bool {
        *self.0.borrow() > 0
    }

    /// Waits for the first signal; returns at once when it has arrived already.
    pub(crate) async fn first(&self) {
        self.nth(1).await;
    }

    /// Waits for the second signal, which asks for an immediate end.
    pub(crate) async fn second(&self) {
        self.nth(2).await;
    }

    async fn nth(&self, number: u32) {
        if self.0.clone().wait_for(|count| *count >= number).await.is_err() {
            // The task that counts signals has ended.
            std::future::pending().await
        }
    }
}

#[cfg(unix)]
async fn count(sender: watch::Sender<u32>) {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut interrupt, mut terminate) = match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
        (Ok(interrupt), Ok(terminate)) => (interrupt, terminate),
        (Err(error), _) | (_, Err(error)) => return error!(%error, "signals are not noticed"),
    };
    loop {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        sender.send_modify(|count| *count += 1);
    }
}

#[cfg(not(unix))]
async fn count(sender: watch::Sender<u32>) {
    while let Ok(()) = tokio::signal::ctrl_c().await {
        sender.send_modify(|count| *count += 1);
    }
    error!("Ctrl-C is not noticed");
}
