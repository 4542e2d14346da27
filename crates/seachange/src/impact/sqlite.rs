//! What a statement does on SQLite, where one session at a time may write, to any table.

use super::measured::{StatementImpact, TableCost, TableImpact};
use crate::sql::{SqlDialect, StatementFacts, StatementKind, words};

/// Describes a statement from its text: the system has one lock, for the whole file.
pub(super) fn describe(facts: &[StatementFacts], known: &[String], impact: &mut StatementImpact) {
    for facts in facts.iter().filter(|facts| facts.may_write) {
        if !facts.is_understood {
            impact.unknown = Some("the statement is not understood".to_owned());
        }
        let tables = facts.reads.iter().chain(&facts.writes).filter(|table| known.contains(table));
        for table in tables {
            if impact.tables.iter().any(|own| own.table == *table) {
                continue;
            }
            impact.tables.push(TableImpact {
                table: table.clone(),
                lock: "RESERVED, the whole file".to_owned(),
                blocks_reads: false,
                blocks_writes: true,
                cost: cost(facts),
            });
        }
    }
}

/// `ALTER TABLE` changes the catalogue, except that `DROP COLUMN` writes each row again, and that a new column with a
/// check, or a generated one that may not be null, is checked for each row (the documentation of SQLite, "ALTER TABLE").
fn cost(facts: &StatementFacts) -> Option<TableCost> {
    let words = words(&facts.text, SqlDialect::Sqlite);
    let has = |word: &str| words.iter().any(|own| own == word);
    match (facts.kind, words.first().map(String::as_str)) {
        (StatementKind::Rows, Some("INSERT" | "REPLACE")) if !has("SELECT") => Some(TableCost::Catalogue),
        (StatementKind::Rows, Some("INSERT" | "REPLACE" | "WITH")) => Some(TableCost::Scan),
        (StatementKind::Rows, _) => Some(TableCost::Rewrite),
        (StatementKind::Schema, Some("ALTER")) if has("DROP") => Some(TableCost::Rewrite),
        (StatementKind::Schema, Some("ALTER")) if has("ADD") && (has("CHECK") || has("NOT") && has("AS")) => {
            Some(TableCost::Scan)
        }
        (StatementKind::Schema, Some("CREATE")) if has("INDEX") => Some(TableCost::Scan),
        (StatementKind::Schema, Some("DROP")) if has("TABLE") => Some(TableCost::Rewrite),
        (StatementKind::Schema, Some("ALTER" | "CREATE" | "DROP")) => Some(TableCost::Catalogue),
        _ => None,
    }
}
