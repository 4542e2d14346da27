//! What a query that cannot be answered asks for.

use super::error::Reading;
use super::render::words;
use crate::backend::dialect::Quoting;

/// The questions of sea-orm-migration's `SchemaManager`; each is for one row with a column of that name.
const PROBES: [&str; 3] = ["has_table", "has_column", "has_index"];

/// Judges a query by its text.
pub(super) fn of(sql: &str, quoting: Quoting) -> Reading {
    let is_asked = |probe: &&&str| ['"', '`'].iter().any(|quote| sql.contains(&format!("AS {quote}{probe}{quote}")));
    if let Some(probe) = PROBES.iter().find(is_asked) {
        return Reading::Probe(probe);
    }
    if is_write(sql, quoting) { Reading::Returned } else { Reading::Data }
}

/// Whether a statement writes rows.
pub(super) fn is_write(sql: &str, quoting: Quoting) -> bool {
    const WRITES: [&str; 4] = ["INSERT", "REPLACE", "UPDATE", "DELETE"];
    let words = words(sql, quoting);
    match words.first().map(String::as_str) {
        Some("WITH") => words.iter().any(|word| WRITES.contains(&word.as_str())),
        Some(first) => WRITES.contains(&first),
        None => false,
    }
}
