//! `lint`.

mod annotations;
mod comment;
mod deployment;
mod explain;
mod figures;
mod fix;
mod gate;
mod levels;
mod markdown;
mod output;
mod report;
mod revision_rules;
mod running;
mod selection;
mod source;
mod statement_table;
mod written;

use std::time::Duration;

use clap::Args;
use seachange_cli::{Diagnostic, Exit};

use self::figures::ForecastArgs;
use self::fix::{FixArgs, MeasuredRevisions};
pub(super) use self::gate::GateArgs;
pub(super) use self::levels::RuleArgs;
use self::output::OutputArgs;
use self::running::RunningArgs;
use self::selection::Selection;
pub(super) use self::written::warn_of_findings;
use crate::autogenerate::AutogenerateError;
use crate::cli::compare_args::scratch_settings;
use crate::cli::context::Context;
use crate::cli::fleet::{self, FleetArgs};
use crate::cli::hints::autogenerate;
use crate::impact::{RevisionImpact, RowFailure, deployment, row_failures};

/// Arguments of `lint`.
#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// The revisions to measure: `A:B`, both ends included, or `A:` up to the head [default: the pending ones]
    #[arg(value_name = "RANGE", allow_hyphen_values = true)]
    range: Option<String>,
    /// Measure the revisions that a commit does not have, such as `git:main`, instead of the pending ones
    #[arg(long, value_name = "git:COMMIT", conflicts_with_all = ["range", "data"])]
    since: Option<String>,
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
    #[command(flatten)]
    running: RunningArgs,
    #[command(flatten)]
    forecast: ForecastArgs,
    #[command(flatten)]
    rules: RuleArgs,
    /// Print what a rule finds, with examples, as the book does; nothing is measured
    #[arg(long, value_name = "RULE", help_heading = "Rules", conflicts_with_all = ["range", "since", "data", "list"])]
    explain: Option<String>,
    /// List the rules with their levels; nothing is measured
    #[arg(long = "rules", help_heading = "Rules", conflicts_with_all = ["range", "since", "data"])]
    list: bool,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    fix: FixArgs,
    #[command(flatten)]
    fleet: FleetArgs,
}

impl LintArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        if self.fleet.is_given() {
            let fleet = self.fleet.find(context).await?;
            if fleet.targets().len() > 1 && self.output.is_document() {
                return Err(Diagnostic::usage("`--output` and `--format` write one document, for one database")
                    .hint("`--only NAME` selects one target"));
            }
            return fleet::for_each(context, &fleet, async |context| self.run_one(context).await).await;
        }
        self.run_one(context).await
    }

    /// Measures for one database.
    async fn run_one(&self, context: &Context) -> Result<Exit, Diagnostic> {
        if let Some(id) = &self.explain {
            explain::explain(context, levels::named(id, "`--explain`")?);
            return Ok(Exit::Success);
        }
        let (levels, options) = self.rules.settings(context)?;
        if self.list {
            return explain::list(context, &levels, self.output.format);
        }
        let answer = self.output.answer()?;
        let versions = self.running.read(context)?;
        let selection = match (&self.range, &self.since) {
            (Some(range), _) => Selection::range(context, range)?,
            (None, Some(place)) => Selection::since(context, place)?,
            (None, None) => Selection::pending(context).await?,
        };
        let scratch = scratch_settings(self.scratch_url.as_deref(), context.settings()?)?;
        let measured = selection.measure(context, &scratch).await?;
        if self.fix.is_asked_for() {
            let below = &selection.below;
            let (levels, options) = (&levels, &options);
            let all = MeasuredRevisions { below, measured: &measured, levels, options, scratch: &scratch };
            return Box::pin(self.fix.run(context, all)).await;
        }
        let rows = self.rows(context, &measured).await?;
        let of_files = revision_rules::findings(context, &measured)?;
        let deployments = versions.map(|versions| deployment(&measured, &versions.running, &versions.new));
        let has_url = self.scratch_url.is_some();
        let figures = self.forecast.figures(context, &selection, &measured, &scratch, has_url).await?;
        let reports = report::reports(&measured, &levels, &options, of_files, rows, deployments, &figures);
        answer.give(context, &reports, &levels, &selection).await?;
        Ok(report::exit(&reports))
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
