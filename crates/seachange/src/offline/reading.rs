//! What a query that cannot be answered asks for.

use super::error::Reading;
use crate::sql::{SqlDialect, StatementKind, read};

/// The columns of the questions of sea-orm-migration's `SchemaManager`.
const PROBES: [&str; 3] = ["has_table", "has_column", "has_index"];

/// Judges a query by its text.
pub(super) fn of(sql: &str, grammar: SqlDialect) -> Reading {
    let facts = read(sql, grammar);
    if let [only] = facts.as_slice()
        && only.is_probe
        && let Some(probe) = PROBES.iter().find(|probe| sql.contains(**probe))
    {
        return Reading::Probe(probe);
    }
    let is_write = facts.iter().any(|facts| facts.kind == StatementKind::Rows);
    if is_write { Reading::Returned } else { Reading::Data }
}
