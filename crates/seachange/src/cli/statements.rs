//! The statements of a revision, as SQLx tells of them.
//!
//! SeaORM's own callback passes over statements that are sent as plain text, and a revision may send any; SQLx logs
//! every one. It writes to `tracing`, which this process has to itself.

use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::{describe, revision_scope};
use crate::cli::terminal::{DIM, Terminal, styled};

/// The target of SQLx's events.
const TARGET: &str = "sqlx::query";

/// The last statement that SQLx told of while a revision ran.
static LAST: Mutex<Option<String>> = Mutex::new(None);

/// Begins to listen; with `--verbose`, each statement is printed.
pub(crate) fn listen(terminal: Terminal) {
    // Whoever embeds the command line may have a subscriber of their own: then theirs is told.
    let _ = tracing::subscriber::set_global_default(Listener { terminal });
}

/// The last statement of the revision that ran last.
pub(crate) fn last() -> Option<String> {
    LAST.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

struct Listener {
    terminal: Terminal,
}

/// One statement.
#[derive(Default)]
struct Statement {
    /// The first words, or all of it when it is short.
    summary: String,
    /// All of it, or nothing when it is short.
    sql: String,
    elapsed: Duration,
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET
    }

    fn event(&self, event: &Event<'_>) {
        if event.metadata().target() != TARGET || !revision_scope::is_entered() {
            return;
        }
        let mut statement = Statement::default();
        event.record(&mut statement);
        if self.terminal.verbose {
            let time = styled(DIM, describe::time(statement.elapsed));
            self.terminal.say(format!("    {} {time}", statement.text()));
        }
        // A refused statement is followed by the end of its transaction.
        if statement.text() != "ROLLBACK" {
            *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some(statement.text().to_owned());
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl Statement {
    fn text(&self) -> &str {
        let sql = self.sql.trim();
        if sql.is_empty() { &self.summary } else { sql }
    }
}

impl Visit for Statement {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.elapsed = Duration::try_from_secs_f64(value).unwrap_or_default();
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.clone_into(&mut self.sql),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
