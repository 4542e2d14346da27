//! The errors and warnings of the command line as lines of JSON, in addition to those of [`crate::event::json`].

use chrono::Utc;
use serde_json::json;

use super::problem::Diagnostic;
use crate::event::json::moment;

/// An error; the process ends with its exit code.
pub(crate) fn error(problem: &Diagnostic) -> String {
    json!({
        "event": "error",
        "time": moment(Utc::now()),
        "message": problem.message,
        "details": problem.details,
        "hints": problem.hints,
        "exit_code": problem.exit as u8,
    })
    .to_string()
}

/// A warning.
pub(crate) fn warning(message: &str) -> String {
    json!({ "event": "warning", "time": moment(Utc::now()), "message": message }).to_string()
}
