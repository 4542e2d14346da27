//! Rules about what other sessions wait for.

use sea_orm::DbBackend;

use super::{Finding, rule};
use crate::autogenerate::{SchemaOperation, TableChange};
use crate::impact::measured::{RevisionImpact, StatementImpact, TableCost, TableImpact};

/// A finding for each table that a statement blocks for a time that grows with the rows. SQLite has one lock for all
/// writers, which each statement takes: there only statements that write or read each row are findings.
pub(super) fn findings(impact: &RevisionImpact) -> Vec<Finding> {
    let backend = impact.backend;
    let mut found = Vec::new();
    for (number, (statement, blocked)) in impact.statements.iter().zip(impact.blocked_tables()).enumerate() {
        let changes = impact.changes.iter().filter(|change| change.statement == Some(number));
        let id = changes.flat_map(|change| &change.operations).find_map(of_operation);
        let (own, mut earlier): (Vec<&TableImpact>, Vec<&TableImpact>) =
            blocked.into_iter().partition(|table| statement.tables.contains(table));
        let slow = own.into_iter().filter(|table| table.cost != Some(TableCost::Catalogue));
        found.extend(slow.map(|table| of_table(number, table, id, backend)));
        earlier.sort_by(|left, right| left.table.cmp(&right.table));
        earlier.dedup_by(|left, right| left.table == right.table);
        // One lock is for the whole file, and the statement itself takes it.
        earlier.retain(|_| backend != DbBackend::Sqlite || statement.tables.is_empty());
        found.extend(earlier.into_iter().map(|table| held(number, statement, table)));
    }
    found
}

/// `id` is the rule for the change that the statement makes, if there is one.
fn of_table(number: usize, table: &TableImpact, id: Option<&str>, backend: DbBackend) -> Finding {
    let generic = if table.cost == Some(TableCost::Scan) { "scan-blocks" } else { "rewrite-blocks" };
    let rule = rule(id.unwrap_or(generic));
    let does = match table.cost {
        Some(TableCost::Scan) => "reads each row of",
        Some(TableCost::Rewrite) => "writes each row again of",
        Some(TableCost::Catalogue) | None => "may write each row again of",
    };
    let cannot = if table.blocks_reads { "can neither read nor write" } else { "cannot write" };
    let blocked = if backend == DbBackend::Sqlite { "any table" } else { "it" };
    let message = format!("it {does} `{}`, and meanwhile other sessions {cannot} {blocked}", table.table);
    Finding { rule, statement: Some(number), message, help: help(rule.id, backend).map(str::to_owned) }
}

fn held(number: usize, statement: &StatementImpact, table: &TableImpact) -> Finding {
    let cannot = if table.blocks_reads { "can neither read nor write" } else { "cannot write" };
    let message = format!(
        "while it runs, other sessions {cannot} `{}`, which an earlier statement of the transaction has locked",
        table.table
    );
    let id = if statement.changes_rows { "rows-and-schema" } else { "lock-held" };
    let help = "put it into a revision of its own, so that the lock is held for a short time only";
    Finding { rule: rule(id), statement: Some(number), message, help: Some(help.to_owned()) }
}

/// The rule for a statement whose change contains the operation.
fn of_operation(operation: &SchemaOperation) -> Option<&'static str> {
    Some(match operation {
        SchemaOperation::CreateIndex { index, .. } if index.unique => "add-unique-blocks",
        SchemaOperation::CreateIndex { .. } => "index-blocks-writes",
        SchemaOperation::Change { change, .. } => match change {
            TableChange::AddColumn(_) => "add-column-blocks",
            TableChange::ModifyColumn { from, to } if from.column_type != to.column_type => "change-type-blocks",
            TableChange::ModifyColumn { from, to } if from.nullable && !to.nullable => "set-not-null-blocks",
            TableChange::AddPrimaryKey(_) => "add-primary-key-blocks",
            TableChange::AddUnique(_) => "add-unique-blocks",
            TableChange::AddForeignKey(_) => "add-foreign-key-blocks",
            TableChange::AddCheck(_) => "add-check-blocks",
            TableChange::AddExclusion(_) => "add-exclusion-blocks",
            _ => return None,
        },
        _ => return None,
    })
}

/// How to make the change without blocking, where the system has a way.
fn help(id: &str, backend: DbBackend) -> Option<&'static str> {
    let help = match (id, backend) {
        ("index-blocks-writes", DbBackend::Postgres) => {
            "create it with `CREATE INDEX CONCURRENTLY`, in a revision with `use_transaction` set to `Some(false)`"
        }
        ("add-unique-blocks" | "add-primary-key-blocks", DbBackend::Postgres) => {
            "create the index with `CREATE UNIQUE INDEX CONCURRENTLY` in a revision without a transaction, then add the \
             constraint with `USING INDEX`"
        }
        ("add-foreign-key-blocks" | "add-check-blocks", DbBackend::Postgres) => {
            "add it `NOT VALID`, and run `VALIDATE CONSTRAINT` in a later revision"
        }
        ("set-not-null-blocks", DbBackend::Postgres) => {
            "add `CHECK (column IS NOT NULL) NOT VALID`, validate it in a later revision, and set NOT NULL then: \
             PostgreSQL 12 and newer do not read the rows again"
        }
        ("add-column-blocks", DbBackend::Postgres) => {
            "add the column without the default, fill the rows in batches, and set the default for new rows"
        }
        ("change-type-blocks", _) => "add a column of the new type, fill it in batches, and change the service to it",
        ("rewrite-blocks", DbBackend::MySql) => "a tool that copies the table while it is used can make the change",
        _ => return None,
    };
    Some(help)
}
