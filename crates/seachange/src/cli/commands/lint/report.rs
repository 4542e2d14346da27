//! What `lint` prints.

use seachange_cli::{Exit, printable};
use serde::Serialize;

use super::deployment::{self, DeploymentJson};
use super::source::{Place, RevisionSource};
use crate::cli::context::Context;
use crate::impact::foresee::{DataCheck, DataCheckKind, Foreseen, RowCount};
use crate::impact::{
    BREAKS, Finding, Level, Levels, MAY_BREAK, NewTables, RevisionDeployment, RevisionImpact, RowAnswer, RowFailure,
    Rule, RuleOptions, StatementImpact, TableCost, TableImpact, findings, level, without_allowed,
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
        let of_statements = self.impact.statements.iter().enumerate();
        let of_statements = of_statements.filter_map(|(number, own)| Some((Some(number), own.unknown.as_ref()?)));
        let of_revision = self.impact.unknown.iter().map(|reason| (None, reason));
        let of_rows = self.unknown_rows.iter().map(|(statement, reason)| (*statement, reason));
        let unknown = of_revision.chain(of_statements).chain(of_rows);
        found.chain(unknown.map(|(statement, reason)| (None, line(format!("unknown: {reason}"), statement)))).collect()
    }

    /// How much is not known.
    fn unknown(&self) -> usize {
        let statements = self.impact.statements.iter().filter(|own| own.unknown.is_some()).count();
        usize::from(self.impact.unknown.is_some())
            + statements
            + self.unknown_rows.len()
            + self.deployment.as_ref().map_or(0, |own| own.unknown.len())
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
        reports.push(Report { impact, findings, unknown_rows, deployment });
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
        print_statements(context, report.impact);
        let of_revision = report.unknown_rows.iter().filter(|(statement, _)| statement.is_none());
        for reason in report.impact.unknown.iter().chain(of_revision.map(|(_, reason)| reason)) {
            context.terminal.print(printable::name(&format!("  unknown: {reason}")));
        }
    }
    for report in reports {
        let source = RevisionSource::read(context, report.impact);
        for (statement, reason) in report.unknown_rows.iter().filter(|(statement, _)| statement.is_some()) {
            context.terminal.print(format!("\nunknown: {}", printable::name(reason)));
            print_place(context, &source, *statement);
        }
        report.findings.iter().for_each(|finding| print_finding(context, &source, finding, levels));
    }
    let findings: usize = reports.iter().map(|own| own.findings.len()).sum();
    let unknown: usize = reports.iter().map(Report::unknown).sum();
    context.terminal.status(match (findings, unknown) {
        (0, 0) => "no findings".to_owned(),
        (0, unknown) => format!("no findings, {unknown} unknown"),
        (1, 0) => "1 finding".to_owned(),
        (findings, 0) => format!("{findings} findings"),
        (1, unknown) => format!("1 finding, {unknown} unknown"),
        (findings, unknown) => format!("{findings} findings, {unknown} unknown"),
    });
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
}

#[derive(Debug, Serialize)]
struct TableJson<'a> {
    table: &'a str,
    lock: &'a str,
    blocks_reads: bool,
    blocks_writes: bool,
    cost: &'static str,
}

fn print_statements(context: &Context, revision: &RevisionImpact) {
    let script = revision.script;
    context.terminal.print(printable::name(&format!("{} {} ({})", script.revision.id, script.message, script.file)));
    for (statement, blocked) in revision.statements.iter().zip(revision.blocked_tables()) {
        let shown = printable::one_line(&statement.text, SHOWN);
        context.terminal.print(printable::name(&format!("  {shown}")));
        lines(statement, &blocked)
            .iter()
            .for_each(|line| context.terminal.print(printable::name(&format!("      {line}"))));
    }
}

fn lines(statement: &StatementImpact, blocked: &[&TableImpact]) -> Vec<String> {
    let of_table = |own: &TableImpact| {
        let blocks = match (own.blocks_reads, own.blocks_writes) {
            (true, _) => "blocks reads and writes",
            (false, true) => "blocks writes",
            (false, false) => "blocks neither reads nor writes",
        };
        format!("{}: {}, {blocks}, {}", own.table, own.lock, cost(own.cost))
    };
    let mut lines: Vec<String> = statement.tables.iter().map(of_table).collect();
    let earlier = blocked.iter().filter(|table| !statement.tables.contains(table));
    lines.extend(earlier.map(|own| format!("{}: {} is still held by a statement before it", own.table, own.lock)));
    lines.extend(statement.unknown.iter().map(|reason| format!("unknown: {reason}")));
    lines
}

fn cost(cost: Option<TableCost>) -> &'static str {
    match cost {
        Some(TableCost::Catalogue) => "catalogue only",
        Some(TableCost::Scan) => "reads each row",
        Some(TableCost::Rewrite) => "writes each row",
        None => "may write each row",
    }
}

pub(super) fn json<'a>(report: &'a Report<'_>, levels: &Levels) -> RevisionJson<'a> {
    let revision = report.impact;
    let script = revision.script;
    let statements = revision.statements.iter().zip(revision.blocked_tables());
    let statements = statements.map(|(statement, blocked)| StatementJson {
        blocked_tables: blocked.into_iter().map(|own| own.table.as_str()).collect(),
        statement: &statement.text,
        changes_rows: statement.changes_rows,
        unknown: statement.unknown.as_deref(),
        tables: statement.tables.iter().map(table_json).collect(),
    });
    RevisionJson {
        revision: script.revision.id,
        message: script.message,
        file: script.file,
        one_transaction: revision.is_one_transaction,
        unknown: revision.unknown.as_deref(),
        statements: statements.collect(),
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

fn table_json(own: &TableImpact) -> TableJson<'_> {
    let TableImpact { table, lock, blocks_reads, blocks_writes, cost } = own;
    let cost = match cost {
        Some(TableCost::Catalogue) => "catalogue",
        Some(TableCost::Scan) => "scan",
        Some(TableCost::Rewrite) => "rewrite",
        None => "unknown",
    };
    TableJson { table, lock, blocks_reads: *blocks_reads, blocks_writes: *blocks_writes, cost }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use sea_orm::sea_query::ColumnType;
    use sea_orm::{DbBackend, DbErr};
    use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

    use super::reports;
    use crate::autogenerate::{SchemaOperation, TableChange};
    use crate::impact::{Levels, RevisionImpact, RuleOptions, SchemaChange, WrittenTables};
    use crate::revision::{RegisteredRevision, Revision};
    use crate::schema::{Column, SqlType};

    struct Nothing;

    impl MigrationName for Nothing {
        fn name(&self) -> &str {
            "nothing"
        }
    }

    #[async_trait]
    impl MigrationTrait for Nothing {
        async fn up(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
            Ok(())
        }
    }

    /// The ids of the rules that speak of a column that becomes NOT NULL; `is_asked` says whether the rows were read, and
    /// none was in the way.
    fn rules(allow: &'static [&'static str], is_asked: bool) -> Vec<&'static str> {
        let script: &'static RegisteredRevision = Box::leak(Box::new(RegisteredRevision {
            revision: Revision { id: "r1", allow, ..Revision::ROOT },
            message: "",
            folder: "src/versions",
            file: "r1.rs",
            source_hash: "",
            migration: &Nothing,
        }));
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
        let reports = reports(&measured, &Levels::new(), &options, vec![Vec::new()], rows, None);
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
