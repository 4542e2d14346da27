//! What `lint` prints.

use std::collections::BTreeSet;

use seachange_cli::{Exit, printable};
use serde::Serialize;

use super::deployment::{self, DeploymentJson};
use super::figures::Figures;
use super::source::{Place, RevisionSource};
use super::statement_table::{self, loss_sentences};
use crate::cli::context::Context;
use crate::impact::foresee::{DataCheck, DataCheckKind, Foreseen, RowCount};
use crate::impact::{
    BREAKS, Finding, Forecast, Level, Levels, MAY_BREAK, NewTables, RevisionDeployment, RevisionImpact, RowAnswer,
    RowFailure, Rule, RuleOptions, StatementImpact, TableImpact, TableSize, findings, level, without_allowed,
    without_small_tables,
};

/// How much of a statement is printed, in characters.
const SHOWN: usize = 90;

/// Rules that only say that rows may break a change; `--data` answers that.
const ANSWERED: [&str; 2] = ["set-not-null-on-rows", "add-unique-on-rows"];

/// The rule about the rows of the connected database, which only `--data` reads.
const ON_ROWS: &str = "fails-on-rows";

/// A measured revision, with what the rules say of it.
pub(super) struct Report<'a> {
    pub(super) impact: &'a RevisionImpact,
    /// For each statement, the sizes of the tables that it locks.
    sizes: Vec<Vec<TableSize>>,
    /// How long each statement will take, if that was measured.
    forecasts: Option<Vec<Forecast>>,
    findings: Vec<Finding>,
    /// What is not known of its rows, with the statement from 0 if it is about one.
    unknown_rows: Vec<(Option<usize>, String)>,
    /// What it means for the versions of the service, if these are given.
    pub(super) deployment: Option<RevisionDeployment>,
}

impl<'a> Report<'a> {
    /// The findings, each with its place.
    pub(super) fn findings(&self, context: &Context) -> impl Iterator<Item = (Place, &Finding)> {
        let source = RevisionSource::read(context, self.impact);
        self.findings.iter().map(move |finding| (source.place(finding.statement), finding))
    }

    /// Prints the findings and what is not known as warnings, without a place in a file.
    pub(super) fn warn(&self, context: &Context) {
        for Finding { rule, message, help, .. } in &self.findings {
            context.terminal.warn(printable::name(&format!("{}: {message}", rule.id)));
            help.iter().for_each(|help| context.terminal.hint(help));
        }
        let of_statements = self.impact.statements.iter().filter_map(|own| own.unknown.as_ref());
        for reason in self.impact.unknown.iter().chain(of_statements) {
            context.terminal.warn(printable::name(&format!("what it locks is not known: {reason}")));
        }
    }

    /// A line for each finding, with its level, and for each thing that is not known, without one.
    pub(super) fn lines(&self, context: &Context, levels: &Levels) -> Vec<(Option<Level>, String)> {
        let source = RevisionSource::read(context, self.impact);
        let line = |text: String, statement: Option<usize>| {
            let Place { file, line } = source.place(statement);
            printable::name(&format!("{text} ({file}:{line})")).into_owned()
        };
        let found = self.findings.iter().map(|own| {
            let text = format!("{}[{}]: {}", word(own, levels), own.rule.id, own.message);
            (Some(level(own.rule, levels)), line(text, own.statement))
        });
        let unknown = self.unknowns().map(|(statement, reason)| (None, line(format!("unknown: {reason}"), statement)));
        found.chain(unknown).collect()
    }

    /// What is not known of the revision, with the number of the statement if it is about one.
    pub(super) fn unknowns(&self) -> impl Iterator<Item = (Option<usize>, &str)> {
        let of_statements = self.impact.statements.iter().enumerate();
        let of_statements = of_statements.filter_map(|(number, own)| Some((Some(number), own.unknown.as_deref()?)));
        let of_revision = self.impact.unknown.iter().map(|reason| (None, reason.as_str()));
        let of_rows = self.unknown_rows.iter().map(|(statement, reason)| (*statement, reason.as_str()));
        let of_versions = self.deployment.iter().flat_map(|own| &own.unknown).map(|reason| (None, reason.as_str()));
        of_revision.chain(of_statements).chain(of_rows).chain(of_versions)
    }

    /// What it loses for good, in words.
    pub(super) fn losses(&self) -> Vec<String> {
        let of_statements = (0..self.impact.statements.len()).map(Some).chain([None]);
        of_statements.flat_map(|statement| loss_sentences(self.impact, statement)).collect()
    }

    /// The sizes of the tables that a statement locks.
    pub(super) fn sizes(&self, statement: usize) -> &[TableSize] {
        self.sizes.get(statement).map_or(&[], Vec::as_slice)
    }

    pub(super) fn forecast(&self, statement: usize) -> Option<&Forecast> {
        self.forecasts.as_ref()?.get(statement)
    }

    /// Why the sizes of tables are unknown.
    fn unknown_sizes(&self) -> impl Iterator<Item = String> {
        let tables = self.impact.statements.iter().flat_map(|statement| &statement.tables);
        tables.zip(self.sizes.iter().flatten()).filter_map(|(table, size)| {
            let reason = size.rows.as_ref().err()?;
            Some(format!("rows of `{}`: unknown, {reason}", table.table))
        })
    }

    /// How much is not known.
    fn unknown(&self) -> usize {
        self.unknowns().count()
    }
}

/// Applies the rules. `of_files` are the findings about the files of the revisions and their graph, and `rows` is what
/// the connected database says of its rows, if it was asked, and `deployments` what the revisions mean for the versions
/// of the service, if these are given.
pub(super) fn reports<'a>(
    measured: &'a [RevisionImpact],
    levels: &Levels,
    options: &RuleOptions,
    of_files: Vec<Vec<Finding>>,
    rows: Option<Vec<RowFailure>>,
    deployments: Option<Vec<RevisionDeployment>>,
    figures: &Figures,
) -> Vec<Report<'a>> {
    // An allowance of a rule that was not applied may be used in another run.
    let (no_rows, no_versions) = (rows.is_none(), deployments.is_none());
    let is_unasked =
        |rule: &Rule| (rule.id == ON_ROWS && no_rows) || ([BREAKS, MAY_BREAK].contains(&rule.id) && no_versions);
    let mut deployments = deployments.map(Vec::into_iter);
    let mut new = NewTables::default();
    let mut reports = Vec::new();
    for (number, (impact, of_files)) in measured.iter().zip(of_files).enumerate() {
        let mut found = findings(impact, &mut new, options);
        found.extend(of_files);
        let mut unknown_rows = Vec::new();
        if let Some(rows) = &rows {
            for own in rows.iter().filter(|own| own.revision == number) {
                match answer(own) {
                    Ok(finding) => found.push(finding),
                    Err(reason) => unknown_rows.push((own.statement, reason)),
                }
            }
        }
        let deployment = deployments.as_mut().and_then(Iterator::next);
        found.extend(deployment.iter().flat_map(|own| own.findings.iter().cloned()));
        let mut findings = without_allowed(impact, found, levels, &is_unasked);
        findings.retain(|finding| rows.is_none() || !ANSWERED.contains(&finding.rule.id));
        let sizes = impact.statements.iter().enumerate().map(|(statement, own)| {
            own.tables.iter().map(|table| figures.sizes.of(measured, number, statement, &table.table)).collect()
        });
        let sizes: Vec<Vec<TableSize>> = sizes.collect();
        // After the allowances, so that an allowance stays in use while the table is small.
        if let Some(most) = options.small_table_rows {
            without_small_tables(impact, &mut findings, |statement, table| {
                sizes[statement][table].rows.as_ref().is_ok_and(|estimate| estimate.rows <= most)
            });
        }
        let forecasts = figures.forecasts.as_ref().and_then(|all| all.get(number).cloned());
        reports.push(Report { impact, sizes, forecasts, findings, unknown_rows, deployment });
    }
    reports
}

/// What the rows say of a statement: a finding, or why it is not known.
pub(super) fn answer(own: &RowFailure) -> Result<Finding, String> {
    match &own.found {
        RowAnswer::Unknown(reason) => Err(format!("whether it fails on a row: {reason}")),
        RowAnswer::Foreseen(foreseen) => match &**foreseen {
            Foreseen::Failure { check, keys, count } => Ok(Finding {
                help: Some("correct these rows, or do so in a revision before it".to_owned()),
                ..Finding::new(ON_ROWS, own.statement, object(check), failure(check, keys, *count))
            }),
            Foreseen::Unknown { check, reason } => {
                let columns = check.columns.join(", ");
                Err(format!("whether it fails on a row of `{}` ({columns}): {reason}", check.table))
            }
        },
    }
}

fn object(check: &DataCheck) -> String {
    match check.columns.as_slice() {
        [] => check.table.to_string(),
        columns => format!("{}.{}", check.table, columns.join("+")),
    }
}

fn failure(check: &DataCheck, keys: &[Vec<Option<String>>], count: RowCount) -> String {
    let columns = format!("`{}` ({})", check.table, check.columns.join(", "));
    let why = match check.kind {
        DataCheckKind::NotNull => format!("{columns} is NULL"),
        DataCheckKind::RequiredColumn => format!("`{}` has rows without a value for the new column", check.table),
        DataCheckKind::Unique => format!("{columns} has equal values"),
        DataCheckKind::PrimaryKey => format!("{columns} has equal or missing values"),
        DataCheckKind::ForeignKey => format!("{columns} refers to rows that are not there"),
        DataCheckKind::Check => format!("{columns} breaks the check"),
        DataCheckKind::Exclusion => format!("{columns} has pairs of rows that the constraint forbids"),
        DataCheckKind::Conversion => format!("{columns} has values that the new type cannot hold"),
        DataCheckKind::RemovedValue => format!("{columns} has values that the type no longer has"),
        DataCheckKind::Generated => format!("{columns} cannot be computed"),
    };
    let rows = match count {
        RowCount::Exactly(1) => "1 row".to_owned(),
        RowCount::Exactly(count) => format!("{count} rows"),
        RowCount::MoreThan(count) => format!("more than {count} rows"),
        RowCount::NotCounted => "rows that were not counted".to_owned(),
    };
    let value = |value: &Option<String>| value.as_deref().unwrap_or("NULL").to_owned();
    let key = |key: &Vec<Option<String>>| match key.as_slice() {
        [one] => value(one),
        several => format!("({})", several.iter().map(value).collect::<Vec<_>>().join(", ")),
    };
    let keys: Vec<String> = keys.iter().map(key).collect();
    format!("it fails: {why} in {rows}; {} = {}", check.key.join(", "), keys.join(", "))
}

/// 9 if a rule has found something, 10 if something is not known.
pub(super) fn exit(reports: &[Report<'_>]) -> Exit {
    match (reports.iter().any(|own| !own.findings.is_empty()), reports.iter().any(|own| own.unknown() > 0)) {
        (true, _) => Exit::Findings,
        (false, true) => Exit::Incomplete,
        (false, false) => Exit::Success,
    }
}

/// Prints a table of the statements, and then the findings as cargo prints warnings.
pub(super) fn print(context: &Context, reports: &[Report<'_>], levels: &Levels) {
    for report in reports {
        print_statements(context, report);
        let of_revision = report.unknown_rows.iter().filter(|(statement, _)| statement.is_none());
        for reason in report.impact.unknown.iter().chain(of_revision.map(|(_, reason)| reason)) {
            context.terminal.print(printable::name(&format!("  unknown: {reason}")));
        }
    }
    print_unknown_sizes(context, reports);
    for report in reports {
        let source = RevisionSource::read(context, report.impact);
        for (statement, reason) in report.unknown_rows.iter().filter(|(statement, _)| statement.is_some()) {
            context.terminal.print(format!("\nunknown: {}", printable::name(reason)));
            print_place(context, &source, *statement);
        }
        report.findings.iter().for_each(|finding| print_finding(context, &source, finding, levels));
    }
    context.terminal.status(tally(reports));
}

/// How many findings there are, and how much is not known, in words.
pub(super) fn tally(reports: &[Report<'_>]) -> String {
    let findings: usize = reports.iter().map(|own| own.findings.len()).sum();
    let unknown: usize = reports.iter().map(Report::unknown).sum();
    match (findings, unknown) {
        (0, 0) => "no findings".to_owned(),
        (0, unknown) => format!("no findings, {unknown} unknown"),
        (1, 0) => "1 finding".to_owned(),
        (findings, 0) => format!("{findings} findings"),
        (1, unknown) => format!("1 finding, {unknown} unknown"),
        (findings, unknown) => format!("{findings} findings, {unknown} unknown"),
    }
}

/// The word for a finding: for people, on GitHub and in SARIF.
pub(super) fn word(finding: &Finding, levels: &Levels) -> &'static str {
    if level(finding.rule, levels) == Level::Deny { "error" } else { "warning" }
}

fn print_finding(context: &Context, source: &RevisionSource<'_>, finding: &Finding, levels: &Levels) {
    let word = word(finding, levels);
    context.terminal.print(format!("\n{word}[{}]: {}", finding.rule.id, printable::name(&finding.message)));
    print_place(context, source, finding.statement);
    if let Some(help) = &finding.help {
        context.terminal.print(format!("  = help: {help}"));
    }
}

/// The file of a revision, and the statement.
fn print_place(context: &Context, source: &RevisionSource<'_>, statement: Option<usize>) {
    let Place { file, line } = source.place(statement);
    context.terminal.print(format!("  --> {}:{line}", printable::name(&file)));
    if let Some(own) = source.statement(statement) {
        context.terminal.print(printable::name(&format!("  = statement: {}", printable::one_line(&own.text, SHOWN))));
    }
}

/// A revision as JSON.
#[derive(Debug, Serialize)]
pub(super) struct RevisionJson<'a> {
    revision: &'a str,
    message: &'a str,
    file: &'a str,
    one_transaction: bool,
    unknown: Option<&'a str>,
    statements: Vec<StatementJson<'a>>,
    /// What changes that several statements make lose for good.
    loss: Vec<String>,
    findings: Vec<FindingJson<'a>>,
    /// What is not known of its rows.
    unknown_rows: Vec<&'a str>,
    /// When it may run, if versions of the service are given.
    deployment: Option<DeploymentJson<'a>>,
}

#[derive(Debug, Serialize)]
struct FindingJson<'a> {
    rule: &'a str,
    level: &'a str,
    /// What it is about: a table, `table.column`, the name of an index.
    object: &'a str,
    /// The number of the statement in the revision, from 0.
    statement: Option<usize>,
    message: &'a str,
    help: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct StatementJson<'a> {
    statement: &'a str,
    /// The tables that other sessions wait for while it runs, for longer as tables grow.
    blocked_tables: Vec<&'a str>,
    changes_rows: bool,
    unknown: Option<&'a str>,
    tables: Vec<TableJson<'a>>,
    /// What it loses for good.
    loss: Vec<String>,
    /// How long it will take on the rows of the connected database.
    forecast_seconds: Option<f64>,
    /// How long it will take for each million rows, if the connected database does not tell how many there are.
    forecast_seconds_per_million_rows: Option<f64>,
    /// Why there is no forecast, if copies were filled for one.
    forecast_unknown: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct TableJson<'a> {
    table: &'a str,
    lock: &'a str,
    blocks_reads: bool,
    blocks_writes: bool,
    cost: &'static str,
    /// The rows in the connected database, by its statistics.
    rows: Option<u64>,
    /// Whether there are at most so many rows, and there may be far fewer.
    rows_at_most: bool,
    bytes: Option<u64>,
    index_bytes: Option<u64>,
    /// Why the number of rows is unknown.
    rows_unknown: Option<&'a str>,
}

fn print_statements(context: &Context, report: &Report<'_>) {
    let (revision, script) = (report.impact, report.impact.script);
    let print = |indent: usize, line: &str| {
        context.terminal.print(printable::name(&format!("{:indent$}{line}", "")));
    };
    print(0, &format!("{} {} ({})", script.revision.id, script.message, script.file));
    let statements = revision.statements.iter().zip(&report.sizes).zip(revision.blocked_tables());
    for (number, ((statement, sizes), blocked)) in statements.enumerate() {
        print(2, &printable::one_line(&statement.text, SHOWN));
        let forecast = report.forecast(number);
        statement_table::lines(revision, number, sizes, forecast).iter().for_each(|line| print(4, line));
        notes(statement, &blocked, forecast).iter().for_each(|line| print(4, line));
        let losses = loss_sentences(revision, Some(number));
        losses.iter().for_each(|loss| print(4, &format!("loss: {loss}")));
    }
    loss_sentences(revision, None).iter().for_each(|loss| print(2, &format!("loss: {loss}")));
}

/// What the table of a statement does not say.
fn notes(statement: &StatementImpact, blocked: &[&TableImpact], forecast: Option<&Forecast>) -> Vec<String> {
    let earlier = blocked.iter().filter(|table| !statement.tables.contains(table));
    let lines = earlier.map(|own| format!("{}: {} is still held by a statement before it", own.table, own.lock));
    let lines = lines.chain(statement.unknown.iter().map(|reason| format!("unknown: {reason}")));
    let forecast = forecast.and_then(Forecast::unknown).filter(|reason| statement.unknown.as_deref() != Some(*reason));
    lines.chain(forecast.map(|reason| format!("forecast: unknown, {reason}"))).collect()
}

/// Why sizes are unknown, once for each table.
fn print_unknown_sizes(context: &Context, reports: &[Report<'_>]) {
    let unknown: BTreeSet<String> = reports.iter().flat_map(Report::unknown_sizes).collect();
    for line in unknown {
        context.terminal.print(printable::name(&line));
    }
}

pub(super) fn json<'a>(report: &'a Report<'_>, levels: &Levels) -> RevisionJson<'a> {
    let revision = report.impact;
    let script = revision.script;
    let statements = revision.statements.iter().zip(&report.sizes).zip(revision.blocked_tables());
    let statements = statements.enumerate().map(|(number, ((statement, sizes), blocked))| StatementJson {
        blocked_tables: blocked.into_iter().map(|own| own.table.as_str()).collect(),
        statement: &statement.text,
        changes_rows: statement.changes_rows,
        unknown: statement.unknown.as_deref(),
        tables: statement.tables.iter().zip(sizes).map(|(own, size)| table_json(own, size)).collect(),
        loss: loss_sentences(revision, Some(number)),
        forecast_seconds: report.forecast(number).and_then(Forecast::seconds),
        forecast_seconds_per_million_rows: report.forecast(number).and_then(Forecast::per_million_rows),
        forecast_unknown: report.forecast(number).and_then(Forecast::unknown),
    });
    RevisionJson {
        revision: script.revision.id,
        message: script.message,
        file: script.file,
        one_transaction: revision.is_one_transaction,
        unknown: revision.unknown.as_deref(),
        statements: statements.collect(),
        loss: loss_sentences(revision, None),
        findings: report.findings.iter().map(|own| finding_json(own, levels)).collect(),
        unknown_rows: report.unknown_rows.iter().map(|(_, reason)| reason.as_str()).collect(),
        deployment: report.deployment.as_ref().map(deployment::json),
    }
}

fn finding_json<'a>(finding: &'a Finding, levels: &Levels) -> FindingJson<'a> {
    let Finding { rule, statement, object, message, help } = finding;
    let level = level(rule, levels).word();
    FindingJson { rule: rule.id, level, object, statement: *statement, message, help: help.as_deref() }
}

fn table_json<'a>(own: &'a TableImpact, size: &'a TableSize) -> TableJson<'a> {
    let TableImpact { table, lock, blocks_reads, blocks_writes, cost } = own;
    let TableSize { rows, bytes, index_bytes } = size;
    let estimate = rows.as_ref().ok();
    TableJson {
        table,
        lock,
        blocks_reads: *blocks_reads,
        blocks_writes: *blocks_writes,
        cost: statement_table::cost(*cost),
        rows: estimate.map(|estimate| estimate.rows),
        rows_at_most: estimate.is_some_and(|estimate| estimate.is_upper_bound),
        bytes: *bytes,
        index_bytes: *index_bytes,
        rows_unknown: rows.as_ref().err().map(String::as_str),
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::DbBackend;
    use sea_orm::sea_query::ColumnType;

    use super::{Figures, reports};
    use crate::autogenerate::{SchemaOperation, TableChange};
    use crate::impact::test_revision::test_revision;
    use crate::impact::{Levels, RevisionImpact, RuleOptions, SchemaChange, WrittenTables};
    use crate::revision::Revision;
    use crate::schema::{Column, SqlType};

    /// The ids of the rules that speak of a column that becomes NOT NULL; `is_asked` says whether the rows were read, and
    /// none was in the way.
    fn rules(allow: &'static [&'static str], is_asked: bool) -> Vec<&'static str> {
        let script = test_revision(Revision { id: "r1", allow, ..Revision::ROOT });
        let from = Column::new("email", SqlType { text: "text".to_owned(), kind: ColumnType::Text });
        let to = Column { nullable: false, ..from.clone() };
        let change = TableChange::ModifyColumn { from: Box::new(from), to: Box::new(to) };
        let change = SchemaChange {
            statement: None,
            operations: vec![SchemaOperation::Change { table: "users".into(), change }],
            written: WrittenTables::Unknown,
            is_computed: false,
        };
        let impact = RevisionImpact {
            unknown: None,
            changes: vec![change],
            ..RevisionImpact::not_run(script, DbBackend::Postgres, String::new())
        };
        let (rows, options) = (is_asked.then(Vec::new), RuleOptions::default());
        let measured = [impact];
        let reports = reports(&measured, &Levels::new(), &options, vec![Vec::new()], rows, None, &Figures::unread());
        reports[0].findings.iter().map(|finding| finding.rule.id).collect()
    }

    #[test]
    fn an_allowance_of_what_the_rows_answer_is_used() {
        assert_eq!(rules(&[], false), ["set-not-null-on-rows"]);
        assert_eq!(rules(&[], true), Vec::<&str>::new());
        for is_asked in [false, true] {
            assert_eq!(rules(&["set-not-null-on-rows: all are set"], is_asked), Vec::<&str>::new());
            assert_eq!(rules(&["set-not-null-on-rows users.email: all are set"], is_asked), Vec::<&str>::new());
        }
        assert_eq!(rules(&["fails-on-rows: corrected by hand"], false), ["set-not-null-on-rows"]);
        assert_eq!(rules(&["fails-on-rows: corrected by hand"], true), ["unused-allowance"]);
    }
}
