//! `lint`.

use clap::Args;
use seachange_cli::{
    Diagnostic, Exit,
    commands::list::answer_json,
    describe,
    format::{Format, FormatArgs},
    printable,
};
use seachange_graph::Range;
use serde::Serialize;

use crate::cli::compare_args::ScratchArgs;
use crate::cli::context::Context;
use crate::cli::hints::autogenerate;
use crate::impact::{RevisionImpact, StatementImpact, TableCost, TableImpact, measure};
use crate::revision::RegisteredRevision;

/// How much of a statement is printed, in characters.
const SHOWN: usize = 90;

/// Arguments of `lint`.
#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// The revisions to measure: `A:B`, both ends included, or `A:` up to the head [default: the pending ones]
    #[arg(value_name = "RANGE", allow_hyphen_values = true)]
    range: Option<String>,
    #[command(flatten)]
    scratch: ScratchArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// A revision as JSON.
#[derive(Debug, Serialize)]
struct RevisionJson<'a> {
    revision: &'a str,
    message: &'a str,
    file: &'a str,
    one_transaction: bool,
    unknown: Option<&'a str>,
    statements: Vec<StatementJson<'a>>,
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

impl LintArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        let (below, revisions) = match &self.range {
            Some(range) => of_range(context, range)?,
            None => pending(context).await?,
        };
        if revisions.is_empty() {
            context.terminal.status("no revision is pending");
            return Ok(Exit::Success);
        }
        let scratch = self.scratch.settings(context.settings()?)?;
        context.terminal.status(format!("measuring {} on a copy of the schema", describe::revisions(revisions.len())));
        let measured = measure(&below, &revisions, &scratch).await.map_err(|error| autogenerate::problem(&error))?;
        match self.format.format {
            Format::Json => answer_json(context.terminal, &measured.iter().map(json).collect::<Vec<_>>())?,
            Format::Text => measured.iter().for_each(|revision| print(context, revision)),
        }
        Ok(self.verdict(context, &measured))
    }

    fn verdict(&self, context: &Context, measured: &[RevisionImpact]) -> Exit {
        let statements = || measured.iter().flat_map(|revision| &revision.statements);
        let blocked = measured.iter().flat_map(RevisionImpact::blocked_tables);
        let blocking = blocked.filter(|tables| !tables.is_empty()).count();
        let unknown = statements().filter(|own| own.unknown.is_some()).count()
            + measured.iter().filter(|revision| revision.unknown.is_some()).count();
        if matches!(self.format.format, Format::Text) {
            context.terminal.status(match (blocking, unknown) {
                (0, 0) => "no statement blocks other sessions for longer as the tables grow".to_owned(),
                (0, unknown) => format!("{unknown} unknown"),
                (blocking, 0) => format!("{blocking} blocking"),
                (blocking, unknown) => format!("{blocking} blocking, {unknown} unknown"),
            });
        }
        match (blocking, unknown) {
            (0, 0) => Exit::Success,
            (0, _) => Exit::Incomplete,
            _ => Exit::Findings,
        }
    }
}

type Scripts = Vec<&'static RegisteredRevision>;

/// The applied revisions, and those that `up` would apply.
async fn pending(context: &Context) -> Result<(Scripts, Scripts), Diagnostic> {
    let migrator = context.connect_to_read().await?;
    let pending = migrator.pending().await?;
    let graph = context.graph()?;
    let all = graph.iter().filter_map(|revision| context.project.migrations.get(&revision.id));
    let is_pending = |script: &&RegisteredRevision| pending.iter().any(|own| own.revision.id == script.revision.id);
    Ok((all.filter(|script| !is_pending(script)).collect(), pending))
}

/// The revisions of a range, and all others below its end, in the order in which they run.
fn of_range(context: &Context, range: &str) -> Result<(Scripts, Scripts), Diagnostic> {
    let graph = context.graph()?;
    let range: Range = range.parse()?;
    let wanted = graph.history(&graph.all_applied(), &range)?;
    let targets: Vec<_> = wanted.iter().copied().map(seachange_graph::Target::revision).collect();
    let plan = graph.upgrade(&graph.none_applied(), &targets).map_err(crate::Error::from)?;
    let scripts = plan.steps.iter().filter_map(|step| context.project.migrations.get(&step.revision));
    let is_wanted = |script: &&'static RegisteredRevision| wanted.iter().any(|own| own.id == script.revision.id);
    let (revisions, below) = scripts.partition(|script| is_wanted(script));
    Ok((below, revisions))
}

fn print(context: &Context, revision: &RevisionImpact) {
    let script = revision.script;
    context.terminal.print(printable::name(&format!("{} {} ({})", script.revision.id, script.message, script.file)));
    for (statement, blocked) in revision.statements.iter().zip(revision.blocked_tables()) {
        let shown = printable::one_line(&statement.text, SHOWN);
        context.terminal.print(printable::name(&format!("  {shown}")));
        lines(statement, &blocked)
            .iter()
            .for_each(|line| context.terminal.print(printable::name(&format!("      {line}"))));
    }
    if let Some(reason) = &revision.unknown {
        context.terminal.print(printable::name(&format!("  unknown: {reason}")));
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

fn json(revision: &RevisionImpact) -> RevisionJson<'_> {
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
    }
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
