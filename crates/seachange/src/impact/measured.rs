//! What was measured of revisions: values, without a connection.

use std::collections::BTreeSet;

use sea_orm::DbBackend;

use super::foresee::DatabaseVersion;
use crate::alter::offline_scope::LostValues;
use crate::autogenerate::{DataLoss, DatabaseState, SchemaOperation, losses};
use crate::revision::RegisteredRevision;
use crate::schema::{Schema, TableName};
use crate::sql::{StatementFacts, StatementKind};

/// What a revision does to the database.
#[derive(Debug, Clone)]
pub(crate) struct RevisionImpact {
    pub(crate) script: &'static RegisteredRevision,
    /// The database system on which it was measured.
    pub(crate) backend: DbBackend,
    /// The server, and the session in which it ran.
    pub(crate) server: MeasuredServer,
    /// Its statements, in the order in which they were sent.
    pub(crate) statements: Vec<StatementImpact>,
    /// What it changes in the schema, in order.
    pub(crate) changes: Vec<SchemaChange>,
    /// The values that its alterations would not keep, in the order in which they were counted.
    pub(crate) lost_values: Vec<CountedValues>,
    /// The schema before it; `None` if it did not run.
    pub(crate) before: Option<Schema>,
    /// The database before and after it; `None` if it did not run, or failed.
    pub(crate) states: Option<Box<(DatabaseState, DatabaseState)>>,
    /// Whether its statements are in one transaction, so that each lock is held until the last one has ended.
    pub(crate) is_one_transaction: bool,
    /// Why the statements may be incomplete, or not those that the revision will send.
    pub(crate) unknown: Option<String>,
}

/// The server on which a revision was measured, and the session in which it ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MeasuredServer {
    pub(crate) version: DatabaseVersion,
    /// Whether values that do not fit are errors; always, except on MySQL and MariaDB without the strict mode.
    pub(crate) is_strict: bool,
    /// Whether SQLite enforces foreign keys while the revision runs.
    pub(crate) enforces_foreign_keys: bool,
}

/// A change of the schema by one statement; on SQLite by all statements of a revision, because several of them make one
/// rebuild.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SchemaChange {
    /// The number of the statement in the revision, from 0; `None` if several make the change.
    pub(crate) statement: Option<usize>,
    /// The operations that lead from the schema before the change to that after it.
    pub(crate) operations: Vec<SchemaOperation>,
    /// The tables whose rows are written before the change and after the last one.
    pub(crate) written: WrittenTables,
    /// Whether the statement computes new values by an expression.
    pub(crate) is_computed: bool,
}

/// Values that an alteration would not keep. It counts them, and refuses to change anything if there are any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CountedValues {
    /// The number of the statement before which they are counted.
    pub(crate) statement: usize,
    pub(crate) values: LostValues,
    /// Whether earlier statements of the revision may write rows of the table.
    pub(crate) is_written: bool,
}

/// The tables whose rows statements write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WrittenTables {
    /// These, by name.
    Named(BTreeSet<String>),
    /// Not known: any.
    Unknown,
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
    /// The number of the transaction of the revision's code that it is in, from 1; `None` outside of one. The engine's
    /// own transaction is not counted.
    pub(crate) transaction: Option<usize>,
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
    /// Nothing that grows with the rows: it changes the catalogue, or inserts the rows of its own text.
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
        Self { text: text.to_owned(), changes_rows, tables: Vec::new(), transaction: None, unknown: None }
    }

    /// Whether the statement may take a time that grows with the rows of a table.
    fn takes_long(&self) -> bool {
        self.changes_rows
            || self.unknown.is_some()
            || self.tables.iter().any(|table| table.cost != Some(TableCost::Catalogue))
    }
}

impl RevisionImpact {
    /// A revision that did not run, with the reason.
    pub(crate) fn not_run(script: &'static RegisteredRevision, backend: DbBackend, reason: String) -> Self {
        let version = DatabaseVersion { backend, is_mariadb: false, number: 0 };
        Self {
            script,
            backend,
            server: MeasuredServer { version, is_strict: true, enforces_foreign_keys: true },
            statements: Vec::new(),
            changes: Vec::new(),
            lost_values: Vec::new(),
            before: None,
            states: None,
            is_one_transaction: false,
            unknown: Some(reason),
        }
    }

    /// What it loses of tables that were there before it: the table, or `table.column`, and the loss in words.
    pub(crate) fn losses_of_present_rows(&self) -> Vec<(String, String)> {
        let operations: Vec<_> = self.changes.iter().flat_map(|change| &change.operations).cloned().collect();
        let is_present = |table: &TableName| self.before.iter().any(|schema| schema.tables.contains_key(table));
        let losses = losses(&operations, self.backend).into_iter().filter_map(|loss| {
            let said = loss.to_string();
            match loss {
                DataLoss::Rows(table) if is_present(&table) => Some((table.to_string(), said)),
                DataLoss::Column { table, column } | DataLoss::Conversion { table, column, .. }
                    if is_present(&table) =>
                {
                    Some((format!("{table}.{column}"), said))
                }
                _ => None,
            }
        });
        losses.collect()
    }

    /// For each statement, the tables that other sessions wait for while it runs, for a time that grows with the rows of
    /// a table or is unknown: those that it locks, and those that earlier statements of the same transaction have locked.
    pub(crate) fn blocked_tables(&self) -> Vec<Vec<&TableImpact>> {
        let mut held: Vec<&TableImpact> = Vec::new();
        let mut blocked = Vec::new();
        let mut current = None;
        for statement in &self.statements {
            let is_same = statement.transaction.is_some() && statement.transaction == current;
            if !self.is_one_transaction && !is_same {
                held.clear();
            }
            current = statement.transaction;
            held.extend(statement.tables.iter().filter(|table| table.blocks_reads || table.blocks_writes));
            blocked.push(if statement.takes_long() { held.clone() } else { Vec::new() });
        }
        blocked
    }
}
