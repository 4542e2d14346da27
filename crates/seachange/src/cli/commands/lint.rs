//! `lint`.

mod annotations;
mod report;
mod source;

use std::time::Duration;

use clap::{Args, ValueEnum};
use seachange_cli::{Diagnostic, Exit, commands::list::answer_json, crate_config::CrateConfig, describe, printable};
use seachange_graph::Range;

use crate::Error;
use crate::autogenerate::AutogenerateError;
use crate::cli::compare_args::scratch_settings;
use crate::cli::context::Context;
use crate::cli::hints::autogenerate;
use crate::impact::{Level, Levels, RULES, RevisionImpact, RowFailure, Rule, measure, row_failures};
use crate::revision::RegisteredRevision;

/// The output format of `lint`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LintFormat {
    /// For people
    Text,
    /// One JSON document, with what was measured
    Json,
    /// Annotations of a pull request on GitHub
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// Arguments of `lint`.
#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// The revisions to measure: `A:B`, both ends included, or `A:` up to the head [default: the pending ones]
    #[arg(value_name = "RANGE", allow_hyphen_values = true)]
    range: Option<String>,
    /// Look in the connected database for rows on which the pending revisions would fail; it only reads
    #[arg(long, conflicts_with = "range")]
    data: bool,
    /// Time limit for each query of `--data`, such as `30s`
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = humantime::parse_duration, requires = "data")]
    data_timeout: Duration,
    /// Database system of the same kind on which the revisions run, in a new database that is dropped at the end, if not
    /// that of the database itself; on SQLite they run in memory
    #[arg(long, env = "SCRATCH_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    scratch_url: Option<String>,
    /// Leave out what a rule finds; may be repeated
    #[arg(long, value_name = "RULE", help_heading = "Rules")]
    allow: Vec<String>,
    /// Report what a rule finds as a warning; may be repeated
    #[arg(long, value_name = "RULE", help_heading = "Rules")]
    warn: Vec<String>,
    /// Report what a rule finds as an error; may be repeated
    #[arg(long, value_name = "RULE", help_heading = "Rules")]
    deny: Vec<String>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: LintFormat,
}

impl LintArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        let levels = self.levels(context)?;
        let (below, revisions) = match &self.range {
            Some(range) => of_range(context, range)?,
            None => pending(context).await?,
        };
        if revisions.is_empty() {
            context.terminal.status("no revision is pending");
            return Ok(Exit::Success);
        }
        let scratch = scratch_settings(self.scratch_url.as_deref(), context.settings()?)?;
        context.terminal.status(format!("measuring {} on a copy of the schema", describe::revisions(revisions.len())));
        let measured = measure(&below, &revisions, &scratch).await.map_err(|error| autogenerate::problem(&error))?;
        let rows = self.rows(context, &measured).await?;
        let reports = report::reports(&measured, &levels, rows);
        match self.format {
            LintFormat::Text => report::print(context, &reports, &levels),
            LintFormat::Json => answer_json(context.terminal, &reports.iter().map(report::json).collect::<Vec<_>>())?,
            LintFormat::Github => annotations::github(context, &reports, &levels),
            LintFormat::Sarif => answer_json(context.terminal, &annotations::sarif(context, &reports, &levels))?,
        }
        Ok(report::exit(&reports))
    }

    /// The levels that the options set, and those that the migration crate sets.
    fn levels(&self, context: &Context) -> Result<Levels, Diagnostic> {
        let mut levels = Levels::new();
        let place = "`[package.metadata.seachange.lint]`";
        for (id, word) in CrateConfig::read(&context.project.manifest_dir)?.lint {
            let level = Level::read(&word).ok_or_else(|| {
                Diagnostic::usage(format!("{place} has no level `{}`", printable::name(&word)))
                    .hint("the levels are `allow`, `warn` and `deny`")
            })?;
            levels.insert(named(&id, place)?.id, level);
        }
        for (option, ids, level) in [
            ("--allow", &self.allow, Level::Allow),
            ("--warn", &self.warn, Level::Warn),
            ("--deny", &self.deny, Level::Deny),
        ] {
            for id in ids {
                levels.insert(named(id, &format!("`{option}`"))?.id, level);
            }
        }
        Ok(levels)
    }

    /// The rows of the connected database on which the revisions fail; `None` without `--data`.
    async fn rows(
        &self,
        context: &Context,
        measured: &[RevisionImpact],
    ) -> Result<Option<Vec<RowFailure>>, Diagnostic> {
        if !self.data {
            return Ok(None);
        }
        let migrator = context.connect_to_read().await?;
        let found = Box::pin(row_failures(migrator.connection(), measured, self.data_timeout)).await;
        migrator.close().await?;
        found.map(Some).map_err(|error| autogenerate::problem(&AutogenerateError::Inspect(error)))
    }
}

/// The rule that a user names; `place` is where.
fn named(id: &str, place: &str) -> Result<&'static Rule, Diagnostic> {
    Rule::find(id).ok_or_else(|| {
        let rules: Vec<String> = RULES.iter().map(|rule| format!("`{}`", rule.id)).collect();
        let message = format!("{place} names no rule: `{}`", printable::name(id));
        Diagnostic::usage(message).hint(format!("the rules are {}", rules.join(", ")))
    })
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
    let plan = graph.upgrade(&graph.none_applied(), &targets).map_err(Error::from)?;
    let scripts = plan.steps.iter().filter_map(|step| context.project.migrations.get(&step.revision));
    let is_wanted = |script: &&'static RegisteredRevision| wanted.iter().any(|own| own.id == script.revision.id);
    let (revisions, below) = scripts.partition(|script| is_wanted(script));
    Ok((below, revisions))
}
