//! What was measured of revisions: values, without a connection.

use crate::revision::RegisteredRevision;
use crate::sql::{StatementFacts, StatementKind};

/// What a revision does to the database.
#[derive(Debug, Clone)]
pub(crate) struct RevisionImpact {
    pub(crate) script: &'static RegisteredRevision,
    /// Its statements, in the order in which they were sent.
    pub(crate) statements: Vec<StatementImpact>,
    /// Whether its statements are in one transaction, so that each lock is held until the last one has ended.
    pub(crate) is_one_transaction: bool,
    /// Why the statements may be incomplete, or not those that the revision will send.
    pub(crate) unknown: Option<String>,
}

/// What a statement does to the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StatementImpact {
    /// The statement, with its values.
    pub(crate) text: String,
    /// Whether all that it does is changing rows: which rows it locks depends on the rows.
    pub(crate) changes_rows: bool,
    /// The tables that it locks and that were there before the measured revisions, by name.
    pub(crate) tables: Vec<TableImpact>,
    /// Why it was not measured.
    pub(crate) unknown: Option<String>,
}

/// What a statement does to a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableImpact {
    /// The table.
    pub(crate) table: String,
    /// The lock, in the words of the system.
    pub(crate) lock: String,
    /// Whether other sessions cannot read the table while the statement runs.
    pub(crate) blocks_reads: bool,
    /// Whether other sessions cannot write to the table while the statement runs.
    pub(crate) blocks_writes: bool,
    /// Whether the time of the statement grows with the rows of the table; `None` if that is unknown.
    pub(crate) cost: Option<TableCost>,
}

/// What a statement does with the rows of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TableCost {
    /// Nothing: it changes the catalogue.
    Catalogue,
    /// It reads each row: to check a constraint, or to build an index.
    Scan,
    /// It writes each row again.
    Rewrite,
}

impl StatementImpact {
    /// A statement of which nothing is measured yet.
    pub(crate) fn of(text: &str, facts: &[StatementFacts]) -> Self {
        let changes_rows = !facts.is_empty() && facts.iter().all(|facts| facts.kind == StatementKind::Rows);
        Self { text: text.to_owned(), changes_rows, tables: Vec::new(), unknown: None }
    }

    /// Whether the statement may take a time that grows with the rows of a table.
    fn takes_long(&self) -> bool {
        self.changes_rows
            || self.unknown.is_some()
            || self.tables.iter().any(|table| table.cost != Some(TableCost::Catalogue))
    }
}

impl RevisionImpact {
    /// For each statement, the tables that other sessions wait for while it runs, for a time that grows with the rows of
    /// a table or is unknown: those that it locks, and those that earlier statements of the same transaction have locked.
    pub(crate) fn blocked_tables(&self) -> Vec<Vec<&TableImpact>> {
        let mut held: Vec<&TableImpact> = Vec::new();
        let mut blocked = Vec::new();
        for statement in &self.statements {
            if !self.is_one_transaction {
                held.clear();
            }
            held.extend(statement.tables.iter().filter(|table| table.blocks_reads || table.blocks_writes));
            blocked.push(if statement.takes_long() { held.clone() } else { Vec::new() });
        }
        blocked
    }
}
