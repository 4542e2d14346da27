//! Ctrl-C: during a run, the first stops before the next revision, the second ends the process. While another program
//! has the terminal, it is that program's.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal;
use tokio::task::AbortHandle;

use super::exit::Exit;
use super::terminal::Terminal;

/// Listens until it is dropped.
pub(crate) struct Listener(AbortHandle);

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Sets `stop` at the first Ctrl-C.
pub(crate) fn listen(stop: Arc<AtomicBool>, terminal: Terminal) -> Listener {
    let task = tokio::spawn(async move {
        if signal::ctrl_c().await.is_err() {
            return;
        }
        stop.store(true, Ordering::Relaxed);
        terminal.say("stopping after this revision; Ctrl-C again ends it at once");
        if signal::ctrl_c().await.is_ok() {
            std::process::exit(Exit::Interrupted as i32);
        }
    });
    Listener(task.abort_handle())
}

/// Leaves Ctrl-C to the program that has the terminal, which a terminal sends it to as well.
pub(crate) fn leave_to_child() -> Listener {
    Listener(tokio::spawn(async { while signal::ctrl_c().await.is_ok() {} }).abort_handle())
}
