//! Errors and warnings as lines of JSON, for a command whose output is for programs.

use chrono::{SecondsFormat, Utc};
use serde_json::json;

use crate::diagnostic::Diagnostic;

/// An error; the process ends with its exit code.
pub fn error(problem: &Diagnostic) -> String {
    json!({
        "event": "error",
        "time": now(),
        "message": problem.message,
        "details": problem.details,
        "hints": problem.hints,
        "exit_code": problem.exit as u8,
    })
    .to_string()
}

/// A warning.
pub fn warning(message: &str) -> String {
    json!({ "event": "warning", "time": now(), "message": message }).to_string()
}

fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true)
}
