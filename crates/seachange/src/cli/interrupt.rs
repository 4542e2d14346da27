//! Ctrl-C and SIGTERM: during a run, the first signal stops the run before the next revision, the second ends the
//! process. While a child process uses the terminal, the signals are left to it.

use std::sync::atomic::{AtomicBool, Ordering};

use seachange_cli::{
    Diagnostic, Exit,
    terminal::{self, Terminal},
};
use tokio::signal;
use tokio::task::AbortHandle;

use super::revision_scope::{self, CurrentRevision};
use crate::migrator::StopHandle;

/// Whether the signal was SIGTERM.
static WAS_TERMINATED: AtomicBool = AtomicBool::new(false);

/// Listens for signals until it is dropped.
pub(crate) struct SignalListener(AbortHandle);

impl Drop for SignalListener {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The exit code of a run that a signal stopped.
pub(crate) fn exit() -> Exit {
    if WAS_TERMINATED.load(Ordering::Relaxed) { Exit::Terminated } else { Exit::Interrupted }
}

/// Sets `stop` at the first signal.
pub(crate) fn listen(stop: StopHandle, terminal: Terminal) -> SignalListener {
    listen_with(stop, terminal, || aborted(revision_scope::running()))
}

/// As [`listen`]; `aborted` is the message when the second signal ends the process.
pub(crate) fn listen_with(
    stop: StopHandle,
    terminal: Terminal,
    aborted: impl Fn() -> Diagnostic + Send + 'static,
) -> SignalListener {
    let mut signals = Signals::new();
    let task = tokio::spawn(async move {
        signals.next().await;
        stop.stop();
        terminal.status(match revision_scope::running() {
            Some(_) => "stopping after this revision; Ctrl-C again ends it at once",
            None => "stopping",
        });
        signals.next().await;
        let exit = terminal.print_error(&aborted());
        // The main thread also reports errors of the output, if there is still time.
        let _ = terminal::finish();
        std::process::exit(exit as i32);
    });
    SignalListener(task.abort_handle())
}

/// Leaves Ctrl-C to the child process that uses the terminal. The terminal sends the signal to both processes.
pub(crate) fn leave_to_child() -> SignalListener {
    SignalListener(tokio::spawn(async { while signal::ctrl_c().await.is_ok() {} }).abort_handle())
}

/// The message when the process ends immediately.
fn aborted(running: Option<CurrentRevision>) -> Diagnostic {
    let Some(running) = running else {
        return Diagnostic::new(exit(), "ended between two revisions").hint("`status` shows the current revisions");
    };
    let CurrentRevision { revision, message, direction, rolls_back, statements } = running;
    let problem = Diagnostic::new(exit(), format!("ended in the middle of the {direction} of `{revision}`, {message}"));
    let count = if statements == 1 { "1 statement".to_owned() } else { format!("{statements} statements") };
    if rolls_back {
        problem
            .detail("the database rolls it back, unless it was about to commit")
            .hint("`status` shows the current revisions")
    } else {
        problem
            .detail(format!("no transaction holds it: {count} had run, and one may be running still"))
            .hint("the next run shows how to continue")
    }
}

/// The signals that end a process.
struct Signals {
    #[cfg(unix)]
    streams: Option<(signal::unix::Signal, signal::unix::Signal)>,
}

impl Signals {
    /// Installs the handlers; from then on the signals do not end the process.
    #[cfg(unix)]
    fn new() -> Self {
        use signal::unix::{SignalKind, signal};

        let [interrupt, terminate] = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
        Self { streams: interrupt.ok().zip(terminate.ok()) }
    }

    #[cfg(not(unix))]
    fn new() -> Self {
        Self {}
    }

    /// Waits for the next signal.
    #[cfg(unix)]
    async fn next(&mut self) {
        let Some((interrupt, terminate)) = &mut self.streams else { return std::future::pending().await };
        tokio::select! {
            _ = interrupt.recv() => WAS_TERMINATED.store(false, Ordering::Relaxed),
            _ = terminate.recv() => WAS_TERMINATED.store(true, Ordering::Relaxed),
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        if signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
