//! Classification of queries that cannot be answered.

use crate::error::ReadKind;
use crate::sql::{SqlDialect, StatementKind, read};

/// The result columns of the queries that sea-orm-migration's `SchemaManager` sends.
const PROBES: [&str; 3] = ["has_table", "has_column", "has_index"];

/// Classifies a query by its text.
pub(super) fn classify(sql: &str, grammar: SqlDialect) -> ReadKind {
    let facts = read(sql, grammar);
    if let [only] = facts.as_slice()
        && only.is_probe
        && let Some(probe) = PROBES.iter().find(|probe| sql.contains(**probe))
    {
        return ReadKind::Probe(probe);
    }
    let is_write = facts.iter().any(|facts| facts.kind == StatementKind::Rows);
    if is_write { ReadKind::Returned } else { ReadKind::Data }
}
