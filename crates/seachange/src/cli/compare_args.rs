//! The arguments of the commands that compare a database with the entities.

use std::str::FromStr;

use clap::Args;
use seachange_graph::{AppliedError, Target};

use super::context::Context;
use super::hints::{autogenerate, graph};
use super::printable;
use super::problem::Diagnostic;
use super::progress::building::BuildProgress;
use crate::Error;
use crate::autogenerate::{Comparison, Entities, NamePattern, TableFilter};
use crate::migrator::{AheadPolicy, Migrator, OtherRecordPolicy, RunOptions};
use crate::settings::DatabaseSettings;

/// Which tables are compared, and where the tables of the entities are built.
#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// Compare only tables whose name matches the pattern, in which `*` stands for any text; may be repeated
    #[arg(long, value_name = "PATTERN", help_heading = "Comparison")]
    table: Vec<String>,
    /// Ignore tables whose name matches the pattern; may be repeated
    #[arg(long, value_name = "PATTERN", help_heading = "Comparison")]
    exclude_table: Vec<String>,
    #[command(flatten)]
    scratch: ScratchArgs,
}

/// The database for a temporary copy of the entities' tables.
#[derive(Debug, Args)]
pub(crate) struct ScratchArgs {
    /// Database system of the same kind, on which the tables of the entities are built temporarily, if not the
    /// database itself: on PostgreSQL a schema that is rolled back, on MySQL and MariaDB a database that is dropped
    #[arg(long, env = "SCRATCH_DATABASE_URL", value_name = "URL", hide_env_values = true, help_heading = "Comparison")]
    scratch_url: Option<String>,
}

impl ScratchArgs {
    /// The settings of the scratch database: those of `database`, unless `--scratch-url` is given.
    pub(crate) fn settings(&self, database: &DatabaseSettings) -> Result<DatabaseSettings, Diagnostic> {
        let Some(url) = self.scratch_url.as_deref().filter(|url| !url.trim().is_empty()) else {
            return Ok(database.clone());
        };
        let settings = DatabaseSettings::from_str(url)?;
        if settings.driver() == database.driver() {
            return Ok(settings);
        }
        Err(Diagnostic::usage(format!("the scratch database `{settings}` is not of the same kind as `{database}`"))
            .hint("types and expressions are compared as the database stores them, so both must be of the same kind"))
    }
}

impl CompareArgs {
    /// Restricts the comparison to more tables.
    pub(crate) fn add_tables(&mut self, patterns: Vec<String>) {
        self.table.extend(patterns);
    }

    pub(crate) fn filter(&self) -> TableFilter {
        let patterns = |texts: &[String]| texts.iter().map(|text| NamePattern::new(text)).collect();
        TableFilter { only: patterns(&self.table), except: patterns(&self.exclude_table) }
    }

    /// The settings of the scratch database.
    pub(crate) fn scratch(&self, context: &Context) -> Result<DatabaseSettings, Diagnostic> {
        self.scratch.settings(context.settings()?)
    }

    /// Compares the result of all revisions on an empty database with the entities.
    pub(crate) async fn replay(&self, context: &Context) -> Result<Comparison, Diagnostic> {
        let (entities, scratch) = (entities(context)?, self.scratch(context)?);
        let compared = Comparison::of_replay(context.project.migrations, &scratch, entities, &self.filter()).await;
        compared.map_err(|error| autogenerate::problem(&error))
    }

    /// Compares the database with the entities. The database must be at the heads, and not ahead of them.
    pub(crate) async fn compare(&self, context: &Context) -> Result<Comparison, Diagnostic> {
        self.compare_where(context, AheadPolicy::Refuse).await
    }

    /// Compares the database with the entities. The database must be at the heads; if it is ahead of them, that is a
    /// warning.
    pub(crate) async fn compare_or_ahead(&self, context: &Context) -> Result<Comparison, Diagnostic> {
        self.compare_where(context, AheadPolicy::Allow).await
    }

    async fn compare_where(&self, context: &Context, ahead: AheadPolicy) -> Result<Comparison, Diagnostic> {
        let entities = entities(context)?;
        let scratch = self.scratch(context)?;
        let options = RunOptions::new().ahead(ahead).other_records(OtherRecordPolicy::Ignore);
        let migrator = context.connect_to_read().await?.with_options(options);
        check_at_heads(context, &migrator).await?;
        let building = BuildProgress::new(context.terminal);
        let watch = |done, of| building.show(done, of);
        let compared =
            Comparison::compare_with_progress(migrator.connection(), &scratch, entities, &self.filter(), &watch).await;
        migrator.close().await?;
        let comparison = compared.map_err(|error| autogenerate::problem(&error))?;
        for object in comparison.unreadable_objects() {
            let warning = format!("this user may not read the definition of {object}: it is not compared");
            context.terminal.warn(printable::name(&warning));
        }
        Ok(comparison)
    }
}

/// The entities of the program; an error if it has no entities.
pub(crate) fn entities(context: &Context) -> Result<&Entities, Diagnostic> {
    let entities = &context.project.entities;
    if entities.is_empty() {
        return Err(Diagnostic::usage("this program names no entities to compare with")
            .hint("pass them to `Cli::entities` in `src/main.rs`"));
    }
    Ok(entities)
}

async fn check_at_heads(context: &Context, migrator: &Migrator) -> Result<(), Diagnostic> {
    let planned = migrator.plan_upgrade(&[Target::HEADS]).await;
    let (plan, notices) = planned.map_err(|error| match error {
        Error::Applied(AppliedError::Ahead { unknown }) => {
            graph::ahead(&unknown, "a newer program migrated it: compare with that one, or rebuild this one")
        }
        error => error.into(),
    })?;
    context.warn_of_unknown(&notices.unknown);
    let pending = plan.steps.iter().filter_map(|step| context.project.migrations.get(&step.revision));
    let pending: Vec<_> = pending.collect();
    if pending.is_empty() {
        return Ok(());
    }
    let hint = "`up` applies them; after that, the entities can be compared with the result of the revisions";
    Err(Diagnostic::behind(&pending).hint(hint))
}
