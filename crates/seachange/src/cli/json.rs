//! What the command line itself says, as lines of JSON beside those of [`crate::event::json`].

use chrono::Utc;
use serde_json::json;

use super::problem::Diagnostic;
use crate::event::json::moment;

/// What went wrong; the process ends with the exit code.
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

/// What is wrong, and no reason to end.
pub(crate) fn warning(message: &str) -> String {
    json!({ "event": "warning", "time": moment(Utc::now()), "message": message }).to_string()
}
