//! The signals that ask the service to stop.

use tokio::sync::watch;
use tracing::error;

/// Ctrl-C, and on Unix SIGTERM, counted: none is lost between two who wait for one.
#[derive(Clone, Debug)]
pub(crate) struct Signals(watch::Receiver<u32>);

impl Signals {
    /// Listens from now on, for as long as the runtime is there: signals do not end the process any more.
    pub(crate) fn listen() -> Self {
        let (sender, receiver) = watch::channel(0);
        tokio::spawn(count(sender));
        Self(receiver)
    }

    /// Whether one has come.
    pub(crate) fn have_come(&self) -> bool {
        *self.0.borrow() > 0
    }

    /// Ends at the first one; at once when it has come.
    pub(crate) async fn first(&self) {
        self.nth(1).await;
    }

    /// Ends at the second one: somebody is in a hurry.
    pub(crate) async fn second(&self) {
        self.nth(2).await;
    }

    async fn nth(&self, number: u32) {
        if self.0.clone().wait_for(|count| *count >= number).await.is_err() {
            // Nobody listens any more.
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
