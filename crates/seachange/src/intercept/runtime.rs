//! The runtime of revisions.
//!
//! The code of a revision blocks its thread while a statement runs, because SeaORM lets others answer for a database in
//! plain functions only. On a runtime of its own neither it nor the tasks that it spawns can block the threads of the
//! program, on which the connection depends.

use std::cell::RefCell;
use std::sync::OnceLock;

use sea_orm::DbErr;
use tokio::runtime::{Builder, Runtime};

use super::begin;

/// How many threads run the tasks that revisions spawn. The code itself has a thread of its own.
const TASK_THREADS: usize = 2;

static RUNTIME: OnceLock<Runtime> = OnceLock::new();

thread_local! {
    /// Keeps the observer of transactions in place on a thread that runs spawned tasks.
    static OBSERVED: RefCell<Option<tracing::dispatcher::DefaultGuard>> = const { RefCell::new(None) };
}

/// The runtime, which is made when the first revision runs and stays until the process ends.
///
/// # Errors
///
/// What the operating system says when it gives no thread.
pub(super) fn runtime() -> Result<&'static Runtime, DbErr> {
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let made = Builder::new_multi_thread()
        .worker_threads(TASK_THREADS)
        .thread_name("seachange-revision")
        .enable_all()
        .on_thread_start(|| OBSERVED.with(|observed| *observed.borrow_mut() = Some(begin::observe_thread())))
        .build()
        .map_err(|error| DbErr::Custom(format!("cannot start the threads that run revisions: {error}")))?;
    // Where two runs begin at once, the second runtime is not needed.
    if let Err(second) = RUNTIME.set(made) {
        second.shutdown_background();
    }
    RUNTIME.get().ok_or_else(|| DbErr::Custom("cannot start the threads that run revisions".to_owned()))
}
