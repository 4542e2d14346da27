//! `backfill`, and the arguments of commands that run backfills.

use std::time::Duration;

use clap::{Args, Subcommand};
use seachange_cli::commands::list::answer_json;
use seachange_cli::format::{Format, FormatArgs};
use seachange_cli::terminal::{DIM, ID, styled};
use seachange_cli::{Diagnostic, Exit, describe, printable};
use serde::Serialize;

use crate::backfill::{BackfillOptions, BackfillReport, BackfillState, BackfillStatus};
use crate::cli::context::Context;
use crate::cli::fleet::{self, FleetArgs};
use crate::cli::interrupt;
use crate::event::json::moment;
use crate::migrator::{Migrator, RunOptions};
use crate::settings::DatabaseSettings;

/// How fast backfills run.
#[derive(Debug, Default, Args)]
pub(crate) struct BackfillPaceArgs {
    /// The most rows a second that a backfill passes
    #[arg(long, value_name = "N", env = "MIGRATE_ROWS_PER_SECOND", help_heading = "Backfills", hide_env_values = true)]
    rows_per_second: Option<u64>,
    /// Let a backfill wait while a replica is further behind than this, such as `2s`
    #[arg(
        long,
        value_name = "DURATION",
        env = "MIGRATE_MAX_LAG",
        value_parser = humantime::parse_duration,
        help_heading = "Backfills",
        hide_env_values = true
    )]
    max_lag: Option<Duration>,
    /// A replica for `--max-lag`, for each one [on PostgreSQL, the primary knows its replicas]
    #[arg(
        long = "replica",
        value_name = "URL",
        env = "MIGRATE_REPLICAS",
        value_delimiter = ' ',
        help_heading = "Backfills",
        hide_env_values = true
    )]
    replicas: Vec<String>,
}

impl BackfillPaceArgs {
    /// The options.
    pub(super) fn options(&self) -> Result<BackfillOptions, Diagnostic> {
        let mut options = BackfillOptions::new().rows_per_second(self.rows_per_second.unwrap_or_default());
        if let Some(lag) = self.max_lag {
            options = options.max_lag(lag);
        }
        for url in self.replicas.iter().filter(|url| !url.is_empty()) {
            let settings: DatabaseSettings = url.parse().map_err(Diagnostic::from)?;
            options = options.replica(settings);
        }
        Ok(options)
    }
}

/// Arguments of `backfill`.
#[derive(Debug, Args)]
pub(crate) struct BackfillArgs {
    #[command(subcommand)]
    command: BackfillCommand,
}

/// What to do with backfills.
#[derive(Debug, Subcommand)]
enum BackfillCommand {
    /// List the backfills of the database, and how far they are
    List(ListArgs),
    /// Run backfills to their end: all that are active and registered, or the named ones
    Run(RunArgs),
    /// Pause a backfill after the batch that runs
    Pause(NameArgs),
    /// Let a backfill go on that was paused or cancelled
    Resume(NameArgs),
    /// Give a backfill up; what it has changed stays
    Cancel(NameArgs),
}

#[derive(Debug, Args)]
struct ListArgs {
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    fleet: FleetArgs,
}

#[derive(Debug, Args)]
struct NameArgs {
    /// The name of the backfill
    name: String,
    #[command(flatten)]
    fleet: FleetArgs,
}

#[derive(Debug, Args)]
struct RunArgs {
    /// The names of backfills
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Print the statements of the next batch and their plans, and do nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    pace: BackfillPaceArgs,
    #[command(flatten)]
    fleet: FleetArgs,
}

/// A backfill as JSON.
#[derive(Debug, Serialize)]
struct BackfillJson<'a> {
    name: &'a str,
    revision: Option<&'a str>,
    table: &'a str,
    state: &'static str,
    rows_passed: u64,
    rows_changed: u64,
    rows_expected: Option<u64>,
    started_at: String,
    updated_at: Option<String>,
    finished_at: Option<String>,
    problem: Option<&'a str>,
    is_registered: bool,
}

impl BackfillArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        let fleet = self.fleet();
        if !fleet.is_given() {
            return self.run_one(context).await;
        }
        let fleet = fleet.find(context).await?;
        fleet::for_each(context, &fleet, async |context| self.run_one(context).await).await
    }

    /// Which databases the command concerns.
    fn fleet(&self) -> &FleetArgs {
        match &self.command {
            BackfillCommand::List(args) => &args.fleet,
            BackfillCommand::Run(args) => &args.fleet,
            BackfillCommand::Pause(args) | BackfillCommand::Resume(args) | BackfillCommand::Cancel(args) => &args.fleet,
        }
    }

    async fn run_one(&self, context: &Context) -> Result<Exit, Diagnostic> {
        match &self.command {
            BackfillCommand::List(args) => list(context, args.format.format).await,
            BackfillCommand::Run(args) => run(context, args).await,
            BackfillCommand::Pause(args) => {
                change(context, &args.name, "paused", async |migrator, name| migrator.pause_backfill(name).await).await
            }
            BackfillCommand::Resume(args) => {
                change(context, &args.name, "active", async |migrator, name| migrator.resume_backfill(name).await).await
            }
            BackfillCommand::Cancel(args) => {
                change(context, &args.name, "cancelled", async |migrator, name| migrator.cancel_backfill(name).await)
                    .await
            }
        }
    }
}

async fn list(context: &Context, format: Format) -> Result<Exit, Diagnostic> {
    let migrator = context.connect_to_read().await?;
    let found = migrator.backfills().await?;
    migrator.close().await?;
    match format {
        Format::Json => answer_json(context.terminal, &found.iter().map(entry).collect::<Vec<_>>())?,
        Format::Text => print(context, &found),
    }
    Ok(Exit::Success)
}

fn entry(status: &BackfillStatus) -> BackfillJson<'_> {
    BackfillJson {
        name: &status.name,
        revision: status.revision.as_deref(),
        table: &status.table,
        state: status.state.as_str(),
        rows_passed: status.rows_passed,
        rows_changed: status.rows_changed,
        rows_expected: status.rows_expected,
        started_at: moment(status.started_at),
        updated_at: status.updated_at.map(moment),
        finished_at: status.finished_at.map(moment),
        problem: status.problem.as_deref(),
        is_registered: status.is_registered,
    }
}

fn print(context: &Context, found: &[BackfillStatus]) {
    for status in found {
        let of =
            status.rows_expected.map(|all| format!(" of about {}", all.max(status.rows_passed))).unwrap_or_default();
        let rows = format!("{}{of} rows passed, {} changed", status.rows_passed, status.rows_changed);
        let name = styled(ID, printable::name(&status.name));
        let table = printable::name(&status.table).to_string();
        context.terminal.print(format!("{:<9}  {name}, table {table}: {rows}", status.state.as_str()));
        if let Some(problem) = &status.problem {
            context.terminal.print(format!("           stopped: {}", printable::name(problem)));
        }
        let is_only_in_code = !status.is_registered && status.state != BackfillState::Complete;
        if let Some(revision) = status.revision.as_ref().filter(|_| is_only_in_code) {
            let revision = styled(ID, printable::name(revision));
            context.terminal.print(format!("           only the code of {revision} knows what it does"));
        }
    }
    let count = |state| found.iter().filter(|status| status.state == state).count();
    let rest: Vec<String> = [BackfillState::Paused, BackfillState::Cancelled, BackfillState::Complete]
        .into_iter()
        .filter(|state| count(*state) > 0)
        .map(|state| format!(", {} {}", count(state), state.as_str()))
        .collect();
    context.terminal.status(format!("{} active{}", count(BackfillState::Active), rest.concat()));
}

async fn run(context: &Context, args: &RunArgs) -> Result<Exit, Diagnostic> {
    let options = RunOptions::new().backfills(args.pace.options()?);
    let migrator = context.connect_to_record().await?.with_options(options);
    let names: Vec<&str> = args.names.iter().map(String::as_str).collect();
    if args.dry_run {
        return explain(context, &migrator, &names).await;
    }
    let listener = interrupt::listen(migrator.stop_handle(), context.terminal);
    let reports = migrator.run_backfills(&names).await?;
    drop(listener);
    migrator.close().await?;
    for report in &reports {
        context.terminal.status(summary(report));
    }
    if reports.is_empty() {
        context.terminal.status("nothing to run: no registered backfill is active");
    }
    Ok(Exit::Success)
}

fn summary(report: &BackfillReport) -> String {
    let time = styled(DIM, describe::time(report.elapsed));
    let name = styled(ID, printable::name(&report.name));
    let state = if report.is_complete { "complete" } else { "paused" };
    format!("{name}: {state}, {} rows passed, {} changed {time}", report.rows_passed, report.rows_changed)
}

async fn explain(context: &Context, migrator: &Migrator, names: &[&str]) -> Result<Exit, Diagnostic> {
    let found = migrator.backfills().await?;
    let is_chosen = |status: &&BackfillStatus| match names.is_empty() {
        true => status.state == BackfillState::Active && status.is_registered,
        false => names.contains(&status.name.as_str()),
    };
    for status in found.iter().filter(is_chosen) {
        context.terminal.print(styled(ID, printable::name(&status.name)));
        for (statement, plan) in migrator.explain_backfill(&status.name).await? {
            context.terminal.print(printable::lines(&statement));
            for line in plan.lines() {
                context.terminal.print(format!("    {}", printable::name(line)));
            }
        }
    }
    Ok(Exit::Success)
}

async fn change(
    context: &Context,
    name: &str,
    word: &str,
    change: impl AsyncFnOnce(&Migrator, &str) -> Result<(), crate::Error>,
) -> Result<Exit, Diagnostic> {
    let migrator = context.connect_to_record().await?;
    change(&migrator, name).await?;
    migrator.close().await?;
    context.terminal.status(format!("{} is {word}", styled(ID, printable::name(name))));
    Ok(Exit::Success)
}
