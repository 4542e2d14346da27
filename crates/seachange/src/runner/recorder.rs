//! Watches the statements of the revision that runs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sea_orm::{DatabaseConnection, metric};

use crate::event::{Event, EventHandler};

/// Passes events on, and keeps what an error has to tell of the statements of a revision.
pub(crate) struct Recorder {
    handler: EventHandler,
    body: Arc<Mutex<Body>>,
}

/// The revision that runs, or the one that ran last.
#[derive(Debug, Default)]
struct Body {
    /// Only while a revision runs: the engine's own statements are nobody's business.
    is_running: bool,
    statements: Statements,
}

/// What is known of the statements of a revision.
#[derive(Debug, Clone, Default)]
pub(crate) struct Statements {
    /// How many ran.
    pub(crate) finished: usize,
    /// The last one that the database refused.
    pub(crate) refused: Option<String>,
}

impl Recorder {
    /// Hooks itself into a connection. SeaORM tells of every prepared statement; those sent as plain text
    /// (`execute_unprepared`) pass unseen.
    pub(crate) fn attach(connection: &mut DatabaseConnection, handler: EventHandler) -> Self {
        let body = Arc::new(Mutex::new(Body::default()));
        let recorder = Self { handler: handler.clone(), body: body.clone() };
        connection.set_metric_callback(move |info| {
            let mut body = lock(&body);
            if body.is_running {
                body.statements.count(info);
                drop(body);
                let sql = info.statement.sql.as_str();
                handler(&Event::Statement { sql, elapsed: info.elapsed, failed: info.failed });
            }
        });
        recorder
    }

    /// Tells whoever watches.
    pub(crate) fn tell(&self, event: &Event<'_>) {
        (self.handler)(event);
    }

    /// Starts to watch a revision.
    pub(crate) fn begin(&self) {
        *lock(&self.body) = Body { is_running: true, ..Body::default() };
    }

    /// Stops watching.
    pub(crate) fn end(&self) {
        lock(&self.body).is_running = false;
    }

    /// What was seen of the revision that ran last.
    pub(crate) fn seen(&self) -> Statements {
        lock(&self.body).statements.clone()
    }
}

impl Statements {
    fn count(&mut self, info: &metric::Info<'_>) {
        if info.failed {
            self.refused = Some(info.statement.sql.clone());
        } else {
            self.finished += 1;
        }
    }
}

/// A panic of a handler does not spoil the record.
fn lock(body: &Mutex<Body>) -> MutexGuard<'_, Body> {
    body.lock().unwrap_or_else(PoisonError::into_inner)
}
