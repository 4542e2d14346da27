//! A change as revisions that block neither readers nor writers: what `revision --autogenerate --online` writes.
//!
//! `autogenerate` divides the change into two halves. Each operation is measured; where it would block, it becomes the
//! statements that `fix` finds safe. In between, columns are synchronised and filled. At the end the whole is
//! run on a scratch database, up and down. Nothing is written here.

mod prove;

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::DbBackend;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, IntoTableRef, TableRef};
use sea_orm_migration::SchemaManager;
use seachange_source::{RevisionStep, StepCode};

use super::fix::{Fills, FixError, FixRequest, FixedStep, Unfixed, fix, is_about_blocking, stated};
use super::{Levels, NewTables, RevisionImpact, RuleOptions, TableCost, TableImpact, findings, measure};
use crate::autogenerate::online::{
    ColumnPlace, FillError, OnlineChange, OnlineRemark, OnlineRequest, SideColumn, SideValue, SwapPart, SwapStep,
    SynchronisedColumns,
};
use crate::autogenerate::{Comparison, Renames, SchemaOperation, TableChange, reversed};
use crate::backend::limits_transactions;
use crate::revision::RegisteredRevision;
use crate::schema::TableName;
use crate::settings::DatabaseSettings;
use crate::sql::{SqlDialect, quoted_name};
use crate::synchronise::{Synchronised, synchronise};

/// Why a change cannot be written as online revisions. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OnlineError {
    /// The value of a column is not known, or cannot be computed.
    #[error(transparent)]
    Fill(#[from] FillError),
    /// What would be written is wrong, or cannot be found.
    #[error(transparent)]
    Fix(#[from] FixError),
}

/// The branch of a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnlineBranch {
    /// Before the new version of the service is deployed.
    Expand,
    /// After the old version has ended.
    Contract,
}

/// What a method of a revision does.
#[derive(Debug, Clone)]
pub(crate) enum OnlineCode {
    /// Nothing.
    Nothing,
    /// Changes the schema.
    Operations(Vec<SchemaOperation>),
    /// Runs statements in the place of operations.
    Statements(StepCode),
    /// Begins to synchronise columns.
    Synchronise(Vec<SynchronisedColumns>),
    /// Begins to synchronise columns, and gives the old ones their values.
    Revive(Vec<SynchronisedColumns>),
    /// Gives the new columns their values.
    Fill(Vec<SynchronisedColumns>),
    /// Ends to synchronise columns.
    EndSynchronising(Vec<SynchronisedColumns>),
    /// Gives new columns the names of the old ones, or takes these back.
    Swap(Box<Swap>),
}

/// What a revision does in whose course old columns give their names to new ones. No other session writes the tables in
/// between: it would write a column from which nothing is carried on.
#[derive(Debug, Clone)]
pub(crate) struct Swap {
    /// The tables to lock by a statement, where the change of a table is no part of a transaction.
    pub(crate) locked: Vec<TableName>,
    /// Changes the schema, and gives old columns their values again.
    pub(crate) parts: Vec<OnlineCode>,
    /// The columns that are synchronised before, or else after it.
    pub(crate) columns: Vec<SynchronisedColumns>,
    /// Whether they are synchronised after it.
    pub(crate) begins: bool,
}

/// One of the revisions.
#[derive(Debug, Clone)]
pub(crate) struct OnlineRevision {
    pub(crate) branch: OnlineBranch,
    /// What it does; `None` if it has no message of its own.
    pub(crate) message: Option<String>,
    pub(crate) up: OnlineCode,
    pub(crate) down: OnlineCode,
    pub(crate) outside_transaction: bool,
    /// What `lint` does not report of it: texts `rule: reason`.
    pub(crate) allow: Vec<String>,
}

impl OnlineRevision {
    /// How long a statement of it waits for a lock: on PostgreSQL all others wait behind it, and a revision in a transaction
    /// can be tried again. Empty elsewhere.
    pub(crate) fn lock_timeout(&self, backend: DbBackend) -> &'static str {
        let is_limited = limits_transactions(backend) && !self.outside_transaction;
        if is_limited { "20ms" } else { "" }
    }
}

/// The revisions of a change.
#[derive(Debug)]
pub(crate) struct OnlineRevisions {
    /// In the order in which they run.
    pub(crate) revisions: Vec<OnlineRevision>,
    /// What is made as it is when the schema is contracted.
    pub(crate) remarks: Vec<OnlineRemark>,
    /// The statements that block, although the change is divided.
    pub(crate) unfixed: Vec<Unfixed>,
    /// The statements that rebuild a table beside those who write it, and lock it at their end (MySQL).
    pub(crate) rebuilding: Vec<String>,
    /// Whether each revision keeps all writers of the database waiting to its end (SQLite).
    pub(crate) has_one_writer: bool,
}

/// What is to be known of [`OnlineRevisions::rebuilding`]. Measured on MySQL 9.7: 130 ms for a million rows of 40 bytes,
/// whatever the size of the buffer pool is and whether statistics are kept; MariaDB took less than 50 ms.
pub(crate) const END_OF_REBUILD: &str =
    "MySQL rebuilds the table beside those who write it, and locks it at the end: about 0.1 s for a million rows";

/// What to write, and how it is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OnlinePlanRequest<'a> {
    pub(crate) comparison: &'a Comparison,
    pub(crate) renames: &'a Renames,
    /// What the change does, in a few words.
    pub(crate) message: &'a str,
    /// The operations that make the change at once.
    pub(crate) operations: &'a [SchemaOperation],
    pub(crate) fills: &'a Fills,
    pub(crate) levels: &'a Levels,
    pub(crate) options: &'a RuleOptions,
    /// Names the server for scratch databases.
    pub(crate) scratch: &'a DatabaseSettings,
}

/// Finds the revisions, and proves them on scratch databases.
///
/// # Errors
///
/// See [`OnlineError`].
pub(crate) async fn revisions(request: OnlinePlanRequest<'_>) -> Result<OnlineRevisions, OnlineError> {
    let OnlinePlanRequest { comparison, renames, operations, fills, .. } = request;
    let copy = prove::of_code(comparison.copy(operations));
    let (mut replaced, mut unsynchronised) = (BTreeSet::new(), BTreeMap::new());
    loop {
        let parts = OnlineRequest { renames, fills, replaced: &replaced, unsynchronised: &unsynchronised };
        let change = comparison.online(parts)?;
        let measured = measure_operations(request, copy, &change).await?;
        let known = replaced.len();
        replaced.extend(blocking_types(comparison, &measured, request.options));
        if replaced.len() > known {
            continue;
        }
        let measured = MeasuredOperations { request, copy, impacts: &measured };
        let mut planned = OnlineRevisions {
            revisions: Vec::new(),
            remarks: change.remarks.clone(),
            unfixed: Vec::new(),
            rebuilding: rebuilding(measured.impacts),
            has_one_writer: comparison.backend() == DbBackend::Sqlite,
        };
        measured.plan(OnlineBranch::Expand, &change.expansion, 0, &mut planned).await?;
        planned.add_synchronised(&change);
        let first = change.expansion.len() + 1;
        measured.plan(OnlineBranch::Contract, &change.preparation, first, &mut planned).await?;
        let mut first = first + change.preparation.len();
        for step in &change.swaps {
            planned.revisions.extend(measured.swap(&change, step, first));
            first += measured_parts(&step.up);
        }
        measured.plan(OnlineBranch::Contract, &change.contraction, first, &mut planned).await?;
        match prove::prove(request, copy, &planned.revisions).await? {
            None => return Ok(planned),
            Some((place, reason)) => {
                unsynchronised.insert(place, reason);
            }
        }
    }
}

/// Measures the operations of both halves and of the swap, each on its own, with a revision that fills the new columns
/// in between. SQLite, where each statement that writes holds the only lock, needs no measurement.
async fn measure_operations(
    request: OnlinePlanRequest<'_>,
    copy: &'static RegisteredRevision,
    change: &OnlineChange,
) -> Result<Vec<RevisionImpact>, FixError> {
    let comparison = request.comparison;
    if comparison.backend() == DbBackend::Sqlite {
        return Ok(Vec::new());
    }
    let script = |own: &SchemaOperation| prove::of_operation(comparison, own, request.message);
    let mut scripts: Vec<_> = change.expansion.iter().map(script).collect();
    scripts.push(prove::of_statements(filling(&change.synchronised, comparison.backend(), true)));
    scripts.extend(change.preparation.iter().map(script));
    for part in change.swaps.iter().flat_map(|step| &step.up) {
        match part {
            SwapPart::Operations(operations) => scripts.extend(operations.iter().map(script)),
            SwapPart::Statements(statements) => scripts.push(prove::of_statements(statements.clone())),
            SwapPart::Fill => {}
        }
    }
    scripts.extend(change.contraction.iter().map(script));
    let measured = measure(&[copy], &scripts, request.scratch).await?;
    match measured.iter().find_map(|impact| impact.unknown.clone()) {
        Some(reason) => Err(FixError::Unknown(reason)),
        None => Ok(measured),
    }
}

/// The statements that make MySQL rebuild a table without a lock until their end.
fn rebuilding(measured: &[RevisionImpact]) -> Vec<String> {
    let is_mysql = |own: &&RevisionImpact| own.backend == DbBackend::MySql && !own.server.version.is_mariadb;
    let rebuilds = |table: &TableImpact| table.cost == Some(TableCost::Rewrite) && !table.blocks_writes;
    let statements = measured.iter().filter(is_mysql).flat_map(|own| &own.statements);
    let found = statements.filter(|own| !own.changes_rows && own.tables.iter().any(rebuilds));
    found.map(|own| own.text.clone()).collect()
}

/// The columns whose change of type would block.
fn blocking_types(comparison: &Comparison, measured: &[RevisionImpact], options: &RuleOptions) -> Vec<ColumnPlace> {
    let (mut new, mut places) = (NewTables::default(), Vec::new());
    for impact in measured {
        let found = findings(impact, &mut new, options);
        let blocking = found.iter().filter(|finding| finding.rule.id == "change-type-blocks");
        for statement in blocking.filter_map(|finding| finding.statement) {
            let changes = impact.changes.iter().filter(|change| change.statement == Some(statement));
            places.extend(changes.flat_map(|change| &change.operations).filter_map(|operation| match operation {
                SchemaOperation::Change { table, change: TableChange::ModifyColumn { from, to } }
                    if from.is_retyped(to) && comparison.from.table(table)?.column(&to.name).is_some() =>
                {
                    Some((table.clone(), to.name.clone()))
                }
                _ => None,
            }));
        }
    }
    places
}

/// The operations of both halves, each measured on its own.
struct MeasuredOperations<'a> {
    request: OnlinePlanRequest<'a>,
    copy: &'static RegisteredRevision,
    impacts: &'a [RevisionImpact],
}

impl MeasuredOperations<'_> {
    /// Adds the revisions of a half, whose first operation was measured as number `first`: operations that do not block,
    /// together; the others as the safe statements in their place, if there are any.
    async fn plan(
        &self,
        branch: OnlineBranch,
        operations: &[SchemaOperation],
        first: usize,
        planned: &mut OnlineRevisions,
    ) -> Result<(), FixError> {
        let (mut new, mut together, mut required) = (NewTables::default(), Vec::new(), Vec::new());
        self.impacts.iter().take(first).for_each(|impact| drop(findings(impact, &mut new, self.request.options)));
        for (number, operation) in (first..).zip(operations) {
            let found = self.impacts.get(number).map(|impact| findings(impact, &mut new, self.request.options));
            if !found.unwrap_or_default().iter().any(|finding| is_about_blocking(finding.rule.id)) {
                together.push((number, operation));
                continue;
            }
            let fixed = Box::pin(fix(FixRequest {
                below: &[self.copy],
                measured: self.impacts,
                number,
                levels: self.request.levels,
                options: self.request.options,
                fills: self.request.fills,
                scratch: self.request.scratch,
            }))
            .await?;
            planned.unfixed.extend(fixed.unfixed);
            if fixed.steps.is_empty() {
                together.push((number, operation));
                continue;
            }
            if becomes_required(operation) {
                required.push(fixed.steps);
                continue;
            }
            planned.revisions.extend(self.together(branch, &mut together));
            planned.revisions.extend(fixed.steps.into_iter().map(|step| self.of_step(branch, step)));
        }
        planned.revisions.extend(self.together(branch, &mut together));
        planned.revisions.extend(in_stages(required).into_iter().map(|step| self.of_step(branch, step)));
        Ok(())
    }

    fn of_step(&self, branch: OnlineBranch, step: FixedStep) -> OnlineRevision {
        // A step without statements of its own has the message of the change and a number.
        let is_kept = step.message.starts_with(&format!("{}, part ", self.request.message));
        OnlineRevision {
            branch,
            message: (!is_kept).then_some(step.message),
            up: OnlineCode::Statements(step.code.up),
            down: OnlineCode::Statements(step.code.down),
            outside_transaction: step.code.outside_transaction,
            allow: step.allow,
        }
    }

    /// The revision of a step in whose course new columns take the names of old ones; the first part was measured as number
    /// `first`.
    fn swap(&self, change: &OnlineChange, step: &SwapStep, mut first: usize) -> Option<OnlineRevision> {
        let of_step = |own: &&SynchronisedColumns| own.takes_name && step.tables.contains(&own.table);
        let columns: Vec<_> = change.synchronised.iter().filter(of_step).cloned().collect();
        if columns.is_empty() {
            return None;
        }
        let backend = self.request.comparison.backend();
        let tables: BTreeSet<_> = columns.iter().map(|own| own.table.clone()).collect();
        let locked: Vec<_> = tables.into_iter().filter(|_| backend == DbBackend::MySql).collect();
        let mut up = Vec::new();
        for part in &step.up {
            if let SwapPart::Operations(operations) = part {
                let mut together = (first..).zip(operations).collect();
                up.extend(self.together(OnlineBranch::Contract, &mut together).map(|own| own.up));
            } else {
                up.extend(code_of(part, &columns, backend));
            }
            first += measured_parts(std::slice::from_ref(part));
        }
        let down = step.down.iter().filter_map(|part| code_of(part, &columns, backend)).collect();
        let swap = |parts, begins| {
            let (locked, columns) = (locked.clone(), columns.clone());
            OnlineCode::Swap(Box::new(Swap { locked, parts, columns, begins }))
        };
        Some(OnlineRevision {
            branch: OnlineBranch::Contract,
            message: Some(format!("give {} its new type", names(&columns, |own| &own.old))),
            up: swap(up, false),
            down: swap(down, true),
            outside_transaction: false,
            allow: Vec::new(),
        })
    }

    /// One revision of these operations, which it takes, each with its number.
    fn together(
        &self,
        branch: OnlineBranch,
        operations: &mut Vec<(usize, &SchemaOperation)>,
    ) -> Option<OnlineRevision> {
        let (numbers, operations): (Vec<_>, Vec<_>) = std::mem::take(operations).into_iter().unzip();
        let operations: Vec<_> = operations.into_iter().cloned().collect();
        let down = OnlineCode::Operations(reversed(&operations));
        let sent = || numbers.iter().filter_map(|number| self.impacts.get(*number)).flat_map(|own| &own.statements);
        let stated: Vec<String> = sent().map(|own| stated(own, self.request.comparison.backend())).collect();
        // Where something is stated, the server refuses a statement rather than block.
        let up = match sent().zip(&stated).any(|(own, stated)| own.text != *stated) {
            true => OnlineCode::Statements(StepCode::Statements(stated)),
            false => OnlineCode::Operations(operations.clone()),
        };
        let revision =
            OnlineRevision { branch, message: None, up, down, outside_transaction: false, allow: Vec::new() };
        (!operations.is_empty()).then_some(revision)
    }
}

/// How many scripts measure these parts.
fn measured_parts(parts: &[SwapPart]) -> usize {
    let scripts = parts.iter().map(|part| match part {
        SwapPart::Operations(operations) => operations.len(),
        SwapPart::Statements(_) => 1,
        SwapPart::Fill => 0,
    });
    scripts.sum()
}

/// The code of a part that is not measured on its own; `None` if it does nothing.
fn code_of(part: &SwapPart, columns: &[SynchronisedColumns], backend: DbBackend) -> Option<OnlineCode> {
    let statements = |texts: Vec<String>| OnlineCode::Statements(StepCode::Statements(texts));
    match part {
        SwapPart::Operations(operations) => {
            (!operations.is_empty()).then(|| OnlineCode::Operations(operations.clone()))
        }
        SwapPart::Statements(texts) => (!texts.is_empty()).then(|| statements(texts.clone())),
        SwapPart::Fill => Some(statements(filling(columns, backend, false))),
    }
}

/// Whether an operation only makes a column required, which no other operation waits for.
fn becomes_required(operation: &SchemaOperation) -> bool {
    match operation {
        SchemaOperation::Change { change: TableChange::ModifyColumn { from, to }, .. } => {
            from.nullable && !to.nullable && !from.is_retyped(to)
        }
        _ => false,
    }
}

/// The steps of several columns, with those that do the same for each column as one.
fn in_stages(columns: Vec<Vec<FixedStep>>) -> Vec<FixedStep> {
    let mut stages: Vec<Vec<FixedStep>> = Vec::new();
    for steps in columns {
        for (number, step) in steps.into_iter().enumerate() {
            match stages.get_mut(number) {
                Some(stage) if stage[0].code.outside_transaction == step.code.outside_transaction => stage.push(step),
                _ => stages.push(vec![step]),
            }
        }
    }
    stages.into_iter().flat_map(as_one).collect()
}

/// Steps as one, if they run statements.
fn as_one(mut steps: Vec<FixedStep>) -> Vec<FixedStep> {
    let texts = |code: &StepCode| match code {
        StepCode::Statements(statements) => Some(statements.clone()),
        _ => None,
    };
    let up: Option<Vec<_>> = steps.iter().map(|step| texts(&step.code.up)).collect();
    let down: Option<Vec<_>> = steps.iter().rev().map(|step| texts(&step.code.down)).collect();
    let (Some(up), Some(down), true) = (up, down, steps.len() > 1) else { return steps };
    let mut allow: Vec<String> = Vec::new();
    for text in steps.iter().flat_map(|step| &step.allow) {
        if !allow.contains(text) {
            allow.push(text.clone());
        }
    }
    let more = steps.len() - 1;
    let first = steps.swap_remove(0);
    let code = RevisionStep {
        up: StepCode::Statements(up.concat()),
        down: StepCode::Statements(down.concat()),
        outside_transaction: first.code.outside_transaction,
    };
    vec![FixedStep { message: format!("{}, and {more} more", first.message), code, allow }]
}

impl OnlineRevisions {
    /// The columns that get another type under their names.
    pub(crate) fn swapped(&self) -> Vec<&SynchronisedColumns> {
        let swapped = self.revisions.iter().filter_map(|own| match &own.up {
            OnlineCode::Swap(swap) => Some(&swap.columns),
            _ => None,
        });
        swapped.flatten().collect()
    }

    fn add_synchronised(&mut self, change: &OnlineChange) {
        let revision = |branch, message: &str, columns: &[SynchronisedColumns], [up, down]: [OnlineCode; 2]| {
            let names = names(columns, |own| &own.new);
            let outside_transaction = !matches!(up, OnlineCode::Synchronise(_));
            let message = Some(format!("{message} {names}"));
            OnlineRevision { branch, message, up, down, outside_transaction, allow: Vec::new() }
        };
        let all = &change.synchronised;
        if !all.is_empty() {
            let begin = [OnlineCode::Synchronise(all.clone()), OnlineCode::EndSynchronising(all.clone())];
            let fill = [OnlineCode::Fill(all.clone()), OnlineCode::Nothing];
            self.revisions.push(revision(OnlineBranch::Expand, "synchronise", all, begin));
            self.revisions.push(revision(OnlineBranch::Expand, "fill", all, fill));
        }
        let renamed: Vec<_> = all.iter().filter(|own| !own.takes_name).cloned().collect();
        if !renamed.is_empty() {
            let end = [OnlineCode::EndSynchronising(renamed.clone()), OnlineCode::Revive(renamed.clone())];
            self.revisions.push(revision(OnlineBranch::Contract, "stop synchronising", &renamed, end));
        }
    }
}

/// The names of the columns of a side, for messages.
fn names(columns: &[SynchronisedColumns], side: impl Fn(&SynchronisedColumns) -> &Vec<SideColumn>) -> String {
    let names = |own| side(own).iter().map(move |column| format!("{}.{}", own.table, column.column.name));
    columns.iter().flat_map(names).collect::<Vec<_>>().join(", ")
}

/// The statements that give the new columns their values, or the old ones.
fn filling(columns: &[SynchronisedColumns], backend: DbBackend, is_forward: bool) -> Vec<String> {
    let dialect = SqlDialect::of(backend);
    let set = |own: &SideColumn| {
        let value = match &own.value {
            SideValue::Column(column) => quoted_name(dialect, column),
            SideValue::Cast { column, to } => format!("CAST({} AS {to})", quoted_name(dialect, column)),
            SideValue::Expression(text) => text.clone(),
        };
        format!("{} = {value}", quoted_name(dialect, &own.column.name))
    };
    let fill = |own: &SynchronisedColumns| {
        let side = if is_forward { &own.new } else { &own.old };
        let set: Vec<String> = side.iter().map(set).collect();
        format!("UPDATE {} SET {}", own.table.quoted_for(dialect), set.join(", "))
    };
    columns.iter().map(fill).collect()
}

/// The columns, with the values of each side from the other.
pub(crate) fn synchronised<'m, 'c>(
    manager: &'m SchemaManager<'c>,
    columns: &SynchronisedColumns,
) -> Synchronised<'m, 'c> {
    let value = |own: &SideColumn| match &own.value {
        SideValue::Column(column) => Expr::col(Alias::new(column)),
        SideValue::Cast { column, to } => Expr::col(Alias::new(column)).cast_as(Alias::new(to)),
        SideValue::Expression(text) => Expr::cust(text.clone()),
    };
    let name = |own: &SideColumn| Alias::new(&own.column.name);
    let old = columns.old.iter().filter(|_| !columns.follows);
    let begun = synchronise(manager, table_ref(&columns.table));
    let begun = old.fold(begun, |begun, own| begun.old(name(own), value(own)));
    columns.new.iter().fold(begun, |begun, own| begun.new_column(name(own), value(own)))
}

fn table_ref(table: &TableName) -> TableRef {
    let name = Alias::new(&table.name);
    match &table.schema {
        Some(schema) => (Alias::new(schema), name).into_table_ref(),
        None => name.into_table_ref(),
    }
}

/// The statement that locks tables until the session releases them (MySQL, MariaDB).
pub(crate) fn lock_tables(tables: &[TableName]) -> String {
    let lock = |table: &TableName| format!("{} WRITE", table.quoted_for(SqlDialect::MySql));
    format!("LOCK TABLES {}", tables.iter().map(lock).collect::<Vec<_>>().join(", "))
}

/// The statement that releases them.
pub(crate) const UNLOCK_TABLES: &str = "UNLOCK TABLES";
