//! The runtime of revisions.
//!
//! The code of a revision blocks its thread while a statement runs, because SeaORM's mock connection only has
//! synchronous functions. On a separate runtime, neither the code nor the tasks that it spawns can block the threads of
//! the program, on which the connection depends.

use std::cell::RefCell;
use std::sync::OnceLock;

use sea_orm::DbErr;
use tokio::runtime::{Builder, Runtime};

use super::begin;

/// How many threads run the tasks that revisions spawn. The code itself runs on a separate thread.
const TASK_THREADS: usize = 2;

static RUNTIME: OnceLock<Runtime> = OnceLock::new();

thread_local! {
    /// Keeps the observer of transactions active on a thread that runs spawned tasks.
    static OBSERVED: RefCell<Option<tracing::dispatcher::DefaultGuard>> = const { RefCell::new(None) };
}

/// The runtime, which is created when the first revision runs and stays until the process ends.
///
/// # Errors
///
/// The error of the operating system when it cannot create a thread.
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
    // If two runs begin at once, the second runtime is not needed.
    if let Err(second) = RUNTIME.set(made) {
        second.shutdown_background();
    }
    RUNTIME.get().ok_or_else(|| DbErr::Custom("cannot start the threads that run revisions".to_owned()))
}
