//! Rules about what other sessions wait for.

use std::collections::BTreeMap;

use sea_orm::DbBackend;

use super::words::{SentStatement, StatementTokens};
use super::{Finding, RuleOptions};
use crate::autogenerate::{SchemaOperation, TableChange};
use crate::backend::limits_transactions;
use crate::impact::measured::{RevisionImpact, StatementImpact, TableCost, TableImpact};
use crate::sql::SessionState;

/// A finding for each table that a statement blocks for a time that grows with the rows. SQLite has one lock for all
/// writers, which each statement takes: there only statements that write or read each row are findings.
pub(super) fn findings(impact: &RevisionImpact, sent: &[SentStatement], options: &RuleOptions) -> Vec<Finding> {
    let backend = impact.backend;
    let mut found = Vec::new();
    for (number, (statement, blocked)) in impact.statements.iter().zip(impact.blocked_tables()).enumerate() {
        let changes = impact.changes.iter().filter(|change| change.statement == Some(number));
        let operations: Vec<&SchemaOperation> = changes.flat_map(|change| &change.operations).collect();
        let first = sent.iter().find(|own| own.number == number);
        let id = operations.iter().copied().find_map(of_operation).or_else(|| of_words(&first?.tokens()));
        let (own, mut earlier): (Vec<&TableImpact>, Vec<&TableImpact>) =
            blocked.into_iter().partition(|table| statement.tables.contains(table));
        let slow = own.into_iter().filter(|table| table.cost != Some(TableCost::Catalogue));
        found.extend(slow.map(|table| of_table(number, table, id, backend)));
        found.extend(of_short_lock(number, statement, &operations, first));
        earlier.sort_by(|left, right| left.table.cmp(&right.table));
        earlier.dedup_by(|left, right| left.table == right.table);
        // One lock of SQLite is for the whole file, and the statement itself takes it.
        let is_held = backend != DbBackend::Sqlite && !first.is_some_and(inserts_its_own_rows);
        found.extend(earlier.into_iter().filter(|_| is_held).map(|table| held(number, statement, table)));
    }
    found.extend(repeated(impact, sent));
    found.extend(without_limits(impact, sent, options));
    found
}

/// `id` is the rule for the change that the statement makes, if there is one.
fn of_table(number: usize, table: &TableImpact, id: Option<&str>, backend: DbBackend) -> Finding {
    let generic = if table.cost == Some(TableCost::Scan) { "scan-blocks" } else { "rewrite-blocks" };
    let id = id.unwrap_or(generic);
    let does = match table.cost {
        Some(TableCost::Scan) => "reads each row of",
        Some(TableCost::Rewrite) => "writes each row again of",
        Some(TableCost::Catalogue) | None => "may write each row again of",
    };
    let blocked = if backend == DbBackend::Sqlite { "any table" } else { "it" };
    let message = format!("it {does} `{}`, and meanwhile other sessions {} {blocked}", table.table, cannot(table));
    let finding = Finding::new(id, Some(number), &table.table, message);
    Finding { help: help(id, backend).map(str::to_owned), ..finding }
}

fn cannot(table: &TableImpact) -> &'static str {
    if table.blocks_reads { "can neither read nor write" } else { "cannot write" }
}

fn held(number: usize, statement: &StatementImpact, table: &TableImpact) -> Finding {
    let message = format!(
        "while it runs, other sessions {} `{}`, which an earlier statement of the transaction has locked",
        cannot(table),
        table.table
    );
    let id = if statement.changes_rows { "rows-and-schema" } else { "lock-held" };
    let help = "put it into a revision of its own, so that the lock is held for a short time only";
    Finding::new(id, Some(number), &table.table, message).with_help(help)
}

/// Whether all that a statement does is to insert the rows of its own text.
fn inserts_its_own_rows(own: &SentStatement) -> bool {
    let tokens = own.tokens();
    own.facts.is_understood && tokens.begins(&["INSERT"]) && !tokens.has("SELECT")
}

/// Locks that are held for a short time, and wait for each query on the table before.
fn of_short_lock(
    number: usize,
    statement: &StatementImpact,
    operations: &[&SchemaOperation],
    sent: Option<&SentStatement>,
) -> Vec<Finding> {
    let drops_index = operations.iter().any(|operation| matches!(operation, SchemaOperation::DropIndex { .. }));
    let id = match sent.map(SentStatement::tokens) {
        Some(tokens) if tokens.begins(&["DROP", "INDEX"]) && drops_index => "drop-index-blocks",
        Some(tokens) if tokens.place(&["DETACH", "PARTITION"]).is_some() => "detach-partition-blocks",
        _ => return Vec::new(),
    };
    let blocking = statement.tables.iter().filter(|table| table.blocks_reads && table.lock.starts_with("ACCESS"));
    let finding = |table: &TableImpact| {
        let message =
            format!("it waits for all queries on `{}`, and all that come after it wait meanwhile", table.table);
        let help = "do it with `CONCURRENTLY`, in a revision with `use_transaction` set to `Some(false)`";
        Finding::new(id, Some(number), &table.table, message).with_help(help)
    };
    blocking.map(finding).collect()
}

/// Tables of which several `ALTER TABLE` of a revision read or write each row.
fn repeated(impact: &RevisionImpact, sent: &[SentStatement]) -> Vec<Finding> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut found = Vec::new();
    for (number, statement) in impact.statements.iter().enumerate() {
        let is_alteration = sent.iter().any(|own| own.number == number && own.tokens().begins(&["ALTER", "TABLE"]));
        if !is_alteration || impact.backend == DbBackend::Sqlite {
            continue;
        }
        for table in statement.tables.iter().filter(|table| table.cost != Some(TableCost::Catalogue)) {
            let count = seen.entry(&table.table).or_default();
            *count += 1;
            if *count == 2 {
                let message = format!(
                    "an earlier statement of the revision has read or written each row of `{}` too",
                    table.table
                );
                let finding = Finding::new("merge-alter-tables", Some(number), &table.table, message);
                found.push(
                    finding.with_help("make both changes in one `ALTER TABLE`, which goes through the rows once"),
                );
            }
        }
    }
    found
}

/// The rules whose findings say that something takes as long as a table has rows.
const GROW_WITH_ROWS: [&str; 17] = [
    "add-check-blocks",
    "add-column-blocks",
    "add-exclusion-blocks",
    "add-foreign-key-blocks",
    "add-primary-key-blocks",
    "add-unique-blocks",
    "change-type-blocks",
    "domain-constraint-blocks",
    "index-blocks-writes",
    "lock-held",
    "merge-alter-tables",
    "reindex-blocks",
    "rewrite-blocks",
    "scan-blocks",
    "set-not-null-blocks",
    "statement-without-timeout",
    "vacuum-full",
];

/// Removes the findings about how long tables are locked by statements that go through small tables only; `is_small`
/// tells it of a table that a statement with a number locks.
pub(crate) fn without_small_tables(
    impact: &RevisionImpact,
    found: &mut Vec<Finding>,
    is_small: impl Fn(usize, usize) -> bool,
) {
    let is_short = |number: usize| {
        impact.statements.get(number).is_some_and(|statement| {
            let tables = statement.tables.iter().enumerate();
            let mut slow = tables.filter(|(_, table)| table.cost != Some(TableCost::Catalogue));
            !statement.changes_rows && statement.unknown.is_none() && slow.all(|(place, _)| is_small(number, place))
        })
    };
    let all_are_short = (0..impact.statements.len()).all(is_short);
    found.retain(|own| {
        let grows = GROW_WITH_ROWS.contains(&own.rule.id);
        // This finding names the first statement, and stands for those after it.
        let is_short = if own.rule.id == "statement-without-timeout" {
            all_are_short
        } else {
            own.statement.is_some_and(is_short)
        };
        !(grows && is_short)
    });
}

/// The first statement that may wait for a lock, and the first slow one, where neither the revision nor the environment
/// sets a limit.
fn without_limits(impact: &RevisionImpact, sent: &[SentStatement], options: &RuleOptions) -> Vec<Finding> {
    let sets = |names: &[&str], before: usize| {
        let earlier = sent.iter().filter(|own| own.number < before).flat_map(|own| &own.facts.session_writes);
        earlier.into_iter().any(|state| matches!(state, SessionState::Setting(own) if names.contains(&own.as_str())))
    };
    let limits_itself = limits_transactions(impact.backend)
        && impact.is_one_transaction
        && !impact.script.revision.lock_timeout.is_empty();
    let mut found = Vec::new();
    let lock = impact.statements.iter().enumerate().find_map(|(number, own)| {
        let table = own.tables.iter().find(|table| table.blocks_reads || table.blocks_writes)?;
        Some((number, table))
    });
    if let Some((number, table)) = lock.filter(|(number, _)| {
        impact.backend != DbBackend::Sqlite
            && !options.limits_locks
            && !limits_itself
            && !sets(&["lock_timeout", "lock_wait_timeout"], *number)
    }) {
        let message = format!(
            "it may wait for its lock on `{}` for any time, and other sessions wait behind it meanwhile",
            table.table
        );
        let finding = Finding::new("lock-without-timeout", Some(number), &table.table, message);
        found.push(finding.with_help("set `--lock-timeout` or MIGRATE_LOCK_TIMEOUT for the run, and `--retries`"));
    }
    let has_limit = impact.backend == DbBackend::Postgres || impact.server.version.is_mariadb;
    let slow = impact.statements.iter().enumerate().find_map(|(number, own)| {
        let table = own.tables.iter().find(|table| table.cost != Some(TableCost::Catalogue))?;
        Some((number, table))
    });
    if let Some((number, table)) = slow.filter(|(number, _)| {
        has_limit && !options.limits_statements && !sets(&["statement_timeout", "max_statement_time"], *number)
    }) {
        let message = format!("it reads or writes each row of `{}`, and nothing limits how long", table.table);
        let finding = Finding::new("statement-without-timeout", Some(number), &table.table, message);
        found.push(finding.with_help("set `--statement-timeout` or MIGRATE_STATEMENT_TIMEOUT for the run"));
    }
    found
}

/// The rule for a statement that changes no table in the schema.
fn of_words(tokens: &StatementTokens<'_>) -> Option<&'static str> {
    match () {
        () if tokens.begins(&["REINDEX"]) => Some("reindex-blocks"),
        () if tokens.begins(&["ALTER", "DOMAIN"]) => Some("domain-constraint-blocks"),
        () if tokens.begins(&["VACUUM"]) || tokens.begins(&["CLUSTER"]) => Some("vacuum-full"),
        () => None,
    }
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
