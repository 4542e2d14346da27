//! The rows of the connected database on which measured revisions would fail.

use std::collections::BTreeSet;
use std::time::Duration;

use sea_orm::{DatabaseConnection, DbBackend, DbErr};

use super::foresee::{CheckPlanner, DatabaseVersion, Foreseen, PendingChange, foresee};
use super::measured::{CountedValues, RevisionImpact, SchemaChange, StatementImpact, TableCost, WrittenTables};
use crate::autogenerate::{DatabaseState, SchemaOperation, TableChange, TableFilter};
use crate::schema::{Schema, TableName};
use crate::sql::{SqlDialect, words};

/// What is known of the rows before a statement runs.
#[derive(Debug)]
pub(crate) struct RowFailure {
    /// The revision, by its place among the measured ones.
    pub(crate) revision: usize,
    /// The statement, from 0; `None` if several make the change.
    pub(crate) statement: Option<usize>,
    pub(crate) found: RowAnswer,
}

/// The answer of the database.
#[derive(Debug)]
pub(crate) enum RowAnswer {
    /// What a query found, or why it found nothing.
    Foreseen(Box<Foreseen>),
    /// No query can be derived from the statement.
    Unknown(String),
}

/// Asks the connected database for rows on which the revisions would fail. It only reads; `timeout` is the limit for each
/// query. A revision that did not run on the copy is left out: [`RevisionImpact::unknown`] says why.
///
/// # Errors
///
/// The catalogue cannot be read. A query that fails is an answer: [`Foreseen::Unknown`].
pub(crate) async fn row_failures(
    connection: &DatabaseConnection,
    revisions: &[RevisionImpact],
    timeout: Duration,
) -> Result<Vec<RowFailure>, DbErr> {
    let version = DatabaseVersion::read(connection).await?;
    let now = DatabaseState::read(connection, &TableFilter::default()).await?.schema;
    let mut planner = CheckPlanner::new(&now, version);
    let mut found = Vec::new();
    for (revision, impact) in revisions.iter().enumerate() {
        let Some(before) = &impact.before else { continue };
        let mut lost = impact.lost_values.iter().peekable();
        for change in &impact.changes {
            let is_before = |own: &&CountedValues| change.statement.is_none_or(|number| own.statement <= number);
            while let Some(counted) = lost.next_if(is_before) {
                let answers = refused(connection, &planner, counted, timeout).await.into_iter();
                found.extend(answers.map(|found| RowFailure { revision, statement: change.statement, found }));
            }
            let pending = PendingChange {
                operations: &change.operations,
                written: written(change, [&now, before]),
                computed: computed(change, impact),
            };
            let checks = planner.plan(&pending);
            let answers = foresee(connection, &checks, timeout).await.into_iter();
            found.extend(answers.map(|answer| RowFailure {
                revision,
                statement: change.statement,
                found: RowAnswer::Foreseen(Box::new(answer)),
            }));
        }
        for counted in lost {
            let statement = Some(counted.statement).filter(|number| *number < impact.statements.len());
            let answers = refused(connection, &planner, counted, timeout).await.into_iter();
            found.extend(answers.map(|found| RowFailure { revision, statement, found }));
        }
        let underived = impact.statements.iter().enumerate().filter_map(|(number, statement)| {
            let has_change = impact.changes.iter().any(|change| change.statement == Some(number));
            let reason = (!has_change).then(|| underived(statement, version.backend)).flatten()?;
            Some(RowFailure { revision, statement: Some(number), found: RowAnswer::Unknown(reason) })
        });
        found.extend(underived);
    }
    Ok(found)
}

/// Asks for the rows with values that an alteration would not keep, so that it refuses to change anything.
async fn refused(
    connection: &DatabaseConnection,
    planner: &CheckPlanner,
    counted: &CountedValues,
    timeout: Duration,
) -> Vec<RowAnswer> {
    let (schema, table) = &counted.values.table;
    let table = TableName { schema: schema.clone(), name: table.clone() };
    if counted.is_written {
        let reason = format!("an earlier statement writes rows of `{table}`, of which values may be lost");
        return vec![RowAnswer::Unknown(reason)];
    }
    match planner.lost_values(&table, &counted.values.column, &counted.values.condition) {
        Ok(check) => {
            let checks: Vec<_> = check.into_iter().collect();
            let answers = foresee(connection, &checks, timeout).await.into_iter();
            answers.map(|answer| RowAnswer::Foreseen(Box::new(answer))).collect()
        }
        Err(reason) => vec![RowAnswer::Unknown(reason)],
    }
}

/// The tables whose rows are written before a change, by their names.
fn written(change: &SchemaChange, schemas: [&Schema; 2]) -> BTreeSet<TableName> {
    let all = schemas.into_iter().flat_map(|schema| schema.tables.keys());
    let is_written = |table: &&TableName| match &change.written {
        WrittenTables::Named(names) => names.contains(&table.to_string()),
        WrittenTables::Unknown => true,
    };
    all.filter(is_written).cloned().collect()
}

/// The columns whose values a change may compute, or replace: a statement that drops stored values and adds a column of
/// that name.
fn computed(change: &SchemaChange, impact: &RevisionImpact) -> BTreeSet<(TableName, String)> {
    let statement = change.statement.and_then(|number| impact.statements.get(number));
    let words = statement.map_or_else(Vec::new, |own| words(&own.text, SqlDialect::of(impact.backend)));
    let replaces = ["ALTER", "DROP", "ADD"].iter().all(|word| words.iter().any(|own| own == word));
    let column = |operation: &SchemaOperation| match operation {
        SchemaOperation::Change { table, change: TableChange::ModifyColumn { from, to } }
            if change.is_computed || replaces && from.generated.as_ref().is_some_and(|own| own.stored) =>
        {
            Some((table.clone(), to.name.clone()))
        }
        SchemaOperation::Change { table, change: TableChange::AddColumn(column) } if change.is_computed => {
            Some((table.clone(), column.name.clone()))
        }
        _ => None,
    };
    change.operations.iter().filter_map(column).collect()
}

/// Why a statement that reads or writes each row may fail on one, although the schema is the same after it: a conversion
/// of all texts, a validation.
fn underived(statement: &StatementImpact, backend: DbBackend) -> Option<String> {
    let touches_rows = statement.tables.iter().any(|table| table.cost != Some(TableCost::Catalogue));
    (backend != DbBackend::Sqlite && touches_rows && !statement.changes_rows)
        .then(|| "it reads or writes each row, and no query shows on which rows it fails".to_owned())
}
