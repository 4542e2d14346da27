//! The arguments that name a fleet, and how a run passes it.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use seachange_cli::Diagnostic;

use super::file;
use crate::cli::context::Context;
use crate::fleet::{Canaries, Fleet, FleetSchedule, TargetSelection, TargetSource};

/// Which databases a command concerns, instead of the one of the settings.
#[derive(Debug, Default, Clone, Args)]
pub(crate) struct FleetArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// Only the targets whose names match the pattern; may be repeated
    #[arg(long, value_name = "PATTERN", requires = "SourceArgs", help_heading = "Fleet")]
    only: Vec<String>,
    /// Without the targets whose names match the pattern; may be repeated
    #[arg(long, value_name = "PATTERN", requires = "SourceArgs", help_heading = "Fleet")]
    except: Vec<String>,
    /// Only the targets with the tag; may be repeated
    #[arg(long, value_name = "TAG", requires = "SourceArgs", help_heading = "Fleet")]
    tagged: Vec<String>,
    /// How many targets to work on at once [default: 8]
    #[arg(short, long, value_name = "N", requires = "SourceArgs", help_heading = "Fleet")]
    jobs: Option<NonZeroUsize>,
}

/// Where the targets come from.
#[derive(Debug, Default, Clone, Args)]
#[group(multiple = false)]
struct SourceArgs {
    /// Many databases as one run: the targets that a file names (TOML)
    #[arg(long, value_name = "FILE", group = "document", help_heading = "Fleet")]
    fleet: Option<PathBuf>,
    /// The targets that a query lists, which runs in the database of the settings: columns `name`, `url`, `hostname`,
    /// `port`, `username`, `database`, `schema`, `file`, `tags`
    #[arg(long, value_name = "SQL", group = "document", help_heading = "Fleet")]
    fleet_query: Option<String>,
    /// The schemas of the PostgreSQL database whose names match, such as `tenant_*`
    #[arg(long, value_name = "PATTERN", group = "document", help_heading = "Fleet")]
    schemas: Option<String>,
    /// The databases of the server whose names match
    #[arg(long, value_name = "PATTERN", group = "document", help_heading = "Fleet")]
    databases: Option<String>,
    /// The SQLite files whose paths match, such as `data/*.db`
    #[arg(long, value_name = "PATTERN", group = "document", help_heading = "Fleet")]
    files: Option<String>,
}

/// In which order a run passes a fleet.
#[derive(Debug, Default, Args)]
pub(crate) struct FleetRunArgs {
    #[command(flatten)]
    pub(crate) fleet: FleetArgs,
    /// The targets that run before all others: the first N, `tag:TAG`, or those whose names match. The others begin when
    /// these have succeeded
    #[arg(long, value_name = "N | tag:TAG | PATTERN", requires = "SourceArgs", help_heading = "Fleet")]
    canary: Option<String>,
    /// The numbers of targets in the waves after the canaries, such as `10,100`; the last one repeats
    #[arg(long, value_name = "N", value_delimiter = ',', requires = "SourceArgs", help_heading = "Fleet")]
    waves: Vec<NonZeroUsize>,
    /// How many targets of one server to work on at once
    #[arg(long, value_name = "N", requires = "SourceArgs", help_heading = "Fleet")]
    jobs_per_server: Option<NonZeroUsize>,
    /// How many targets may fail before no other is begun; locked, unreachable, ahead and diverged ones do not count
    #[arg(long, value_name = "N", default_value = "0", requires = "SourceArgs", help_heading = "Fleet")]
    max_failures: usize,
}

/// In which order an upgrade passes a fleet, or that it changes all targets or none.
#[derive(Debug, Default, Args)]
pub(crate) struct FleetUpgradeArgs {
    #[command(flatten)]
    pub(crate) run: FleetRunArgs,
    /// Upgrade all targets or none, by transactions that are prepared in all of them before they commit [only on PostgreSQL]
    #[arg(
        long,
        requires = "SourceArgs",
        conflicts_with_all = ["canary", "waves", "max_failures", "jobs", "jobs_per_server"],
        help_heading = "Fleet"
    )]
    pub(crate) all_or_none: bool,
}

/// The file for the report, for commands that write no script.
#[derive(Debug, Default, Args)]
pub(crate) struct FleetReportArgs {
    /// Write a report of all targets to a file: `.json`, or `.html` for a page
    #[arg(short, long, value_name = "FILE", requires = "SourceArgs", help_heading = "Fleet")]
    pub(crate) output: Option<PathBuf>,
}

impl FleetArgs {
    /// Whether a fleet is named.
    pub(crate) fn is_given(&self) -> bool {
        let SourceArgs { fleet, fleet_query, schemas, databases, files } = &self.source;
        fleet.is_some() || [fleet_query, schemas, databases, files].into_iter().any(Option::is_some)
    }

    /// The fleet.
    pub(crate) async fn find(&self, context: &Context) -> Result<Fleet, Diagnostic> {
        let sources = self.sources(context)?;
        context.wait_for_servers(sources.iter().filter_map(TargetSource::settings)).await;
        let fleet = Fleet::discover(context.project.migrations, sources).await?;
        let selection =
            TargetSelection { only: self.only.clone(), except: self.except.clone(), tags: self.tagged.clone() };
        let fleet = fleet.select(&selection)?;
        Ok(fleet.with_schedule(self.schedule()))
    }

    /// How many targets a command that only reads works on at once.
    pub(crate) fn jobs(&self) -> usize {
        self.jobs.map_or(8, NonZeroUsize::get)
    }

    fn schedule(&self) -> FleetSchedule {
        self.jobs.map_or_else(FleetSchedule::new, |jobs| FleetSchedule::new().jobs(jobs))
    }

    fn sources(&self, context: &Context) -> Result<Vec<TargetSource>, Diagnostic> {
        let settings = || context.settings().cloned();
        Ok(match self.source.clone() {
            SourceArgs { fleet: Some(path), .. } => file::sources(context, &path)?,
            SourceArgs { fleet_query: Some(sql), .. } => vec![TargetSource::Query { settings: settings()?, sql }],
            SourceArgs { schemas: Some(pattern), .. } => {
                vec![TargetSource::Schemas { settings: settings()?, pattern }]
            }
            SourceArgs { databases: Some(pattern), .. } => {
                vec![TargetSource::Databases { settings: settings()?, pattern }]
            }
            SourceArgs { files: Some(pattern), .. } => vec![TargetSource::Files { pattern }],
            SourceArgs { files: None, .. } => Vec::new(),
        })
    }
}

impl FleetRunArgs {
    /// The fleet, with the schedule.
    pub(crate) async fn find(&self, context: &Context) -> Result<Fleet, Diagnostic> {
        let schedule = self
            .fleet
            .schedule()
            .canaries(self.canaries())
            .waves(self.waves.iter().copied())
            .max_failures(self.max_failures);
        let schedule = match self.jobs_per_server {
            Some(jobs) => schedule.jobs_per_server(jobs),
            None => schedule,
        };
        let fleet = self.fleet.find(context).await?.with_schedule(schedule);
        fleet.check_schedule()?;
        Ok(fleet)
    }

    fn canaries(&self) -> Canaries {
        let Some(text) = self.canary.as_deref() else { return Canaries::None };
        match (text.parse(), text.strip_prefix("tag:")) {
            (Ok(count), _) => Canaries::First(count),
            (Err(_), Some(tag)) => Canaries::Tagged(tag.to_owned()),
            (Err(_), None) => Canaries::Named(text.to_owned()),
        }
    }
}
