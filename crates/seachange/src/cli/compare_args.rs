//! The arguments of the commands that compare a database with the entities.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use seachange_cli::{Diagnostic, describe, hints::graph, printable};
use seachange_graph::{AppliedError, Target};

use super::baseline::Baseline;
use super::context::Context;
use super::hints::autogenerate;
use super::problem::behind;
use super::progress::building::BuildProgress;
use crate::Error;
use crate::autogenerate::{Comparison, Difference, Entities, IgnoreRule, NamePattern, TableFilter, differences, drift};
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

/// Which differences are left out.
#[derive(Debug, Args)]
pub(crate) struct IgnoreArgs {
    /// Leave out differences of a kind, such as `index`, `default` or `type-unstated` (a length that an entity does not
    /// state), or only those at a place, such as `default@posts.title` or `*@audit_*`; may be repeated
    #[arg(long, value_name = "KIND[@PLACE]", value_delimiter = ',', help_heading = "Comparison")]
    ignore: Vec<IgnoreRule>,
    /// The file of accepted differences [default: `accepted-differences.jsonl` in the migration crate]
    #[arg(long, value_name = "FILE", help_heading = "Comparison")]
    baseline: Option<PathBuf>,
}

impl IgnoreArgs {
    pub(crate) fn rules(&self) -> &[IgnoreRule] {
        &self.ignore
    }

    /// Reads the file of accepted differences. With `may_be_absent`, a file that the user names need not exist.
    pub(crate) fn baseline(&self, context: &Context, may_be_absent: bool) -> Result<Baseline, Diagnostic> {
        Baseline::read(&context.project, self.baseline.as_deref(), may_be_absent)
    }

    /// The entities, with the rules of the command.
    fn entities(&self, context: &Context) -> Result<Entities, Diagnostic> {
        Ok(self.ignore.iter().cloned().fold(entities(context)?.clone(), Entities::ignore))
    }
}

/// A comparison without the accepted differences.
pub(crate) struct ReviewedComparison {
    pub(crate) comparison: Comparison,
    /// How many differences are left out because they are accepted.
    pub(crate) accepted: usize,
}

impl ReviewedComparison {
    /// What is said of a database without other differences.
    pub(crate) fn verdict(&self) -> String {
        match self.accepted {
            0 => "the database matches the entities".to_owned(),
            accepted => {
                format!("the database matches the entities, apart from {}", describe::accepted_differences(accepted))
            }
        }
    }
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
        scratch_settings(self.scratch_url.as_deref(), database)
    }
}

/// The settings of a scratch database: those of `database`, unless there is a URL.
pub(crate) fn scratch_settings(url: Option<&str>, database: &DatabaseSettings) -> Result<DatabaseSettings, Diagnostic> {
    let Some(url) = url.filter(|url| !url.trim().is_empty()) else {
        return Ok(database.clone());
    };
    let settings = DatabaseSettings::from_str(url)?.for_scratch();
    if settings.driver() == database.driver() {
        return Ok(settings);
    }
    Err(Diagnostic::usage(format!("the scratch database `{settings}` is not of the same kind as `{database}`"))
        .hint("types and expressions are compared as the database stores them, so both must be of the same kind"))
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
    pub(crate) async fn replay(&self, context: &Context, ignoring: &IgnoreArgs) -> Result<Comparison, Diagnostic> {
        let (entities, scratch) = (ignoring.entities(context)?, self.scratch(context)?);
        let compared = Comparison::of_replay(context.project.migrations, &scratch, &entities, &self.filter()).await;
        compared.map_err(|error| autogenerate::problem(&error))
    }

    /// Compares the database with the result of all revisions on an empty database.
    pub(crate) async fn drift(&self, context: &Context) -> Result<Vec<Difference>, Diagnostic> {
        let scratch = self.scratch(context)?;
        let connection = context.connect_to_read().await?;
        let found = drift(connection.connection(), context.project.migrations, &scratch, &self.filter()).await;
        connection.close().await?;
        found.map_err(|error| autogenerate::problem(&error))
    }

    /// Compares the database with the entities, without the accepted differences. The database must be at the heads,
    /// and not ahead of them.
    pub(crate) async fn compare(
        &self,
        context: &Context,
        ignoring: &IgnoreArgs,
    ) -> Result<ReviewedComparison, Diagnostic> {
        let baseline = ignoring.baseline(context, false)?;
        let comparison = self.compare_where(context, ignoring, AheadPolicy::Refuse).await?;
        let found = differences(&comparison.operations(&comparison.renames()));
        let accepted = baseline.accepted(&found, context.settings()?.driver());
        self.accept(context, comparison, &accepted).await
    }

    /// Compares the database with the entities. The database must be at the heads; if it is ahead of them, that is a
    /// warning.
    pub(crate) async fn compare_or_ahead(
        &self,
        context: &Context,
        ignoring: &IgnoreArgs,
    ) -> Result<Comparison, Diagnostic> {
        self.compare_where(context, ignoring, AheadPolicy::Allow).await
    }

    /// Leaves accepted differences out.
    pub(crate) async fn accept(
        &self,
        context: &Context,
        comparison: Comparison,
        accepted: &[Difference],
    ) -> Result<ReviewedComparison, Diagnostic> {
        let comparison = comparison.accept(accepted, &self.scratch(context)?).await;
        let comparison = comparison.map_err(|error| autogenerate::problem(&error))?;
        let left = differences(&comparison.operations(&comparison.renames()));
        let accepted = accepted.iter().filter(|own| !left.contains(own)).count();
        Ok(ReviewedComparison { comparison, accepted })
    }

    async fn compare_where(
        &self,
        context: &Context,
        ignoring: &IgnoreArgs,
        ahead: AheadPolicy,
    ) -> Result<Comparison, Diagnostic> {
        let entities = ignoring.entities(context)?;
        let scratch = self.scratch(context)?;
        let options = RunOptions::new().ahead(ahead).other_records(OtherRecordPolicy::Ignore);
        let migrator = context.connect_to_read().await?.with_options(options);
        check_at_heads(context, &migrator).await?;
        let building = BuildProgress::new(context.terminal);
        let watch = |done, of| building.show(done, of);
        let compared =
            Comparison::compare_with_progress(migrator.connection(), &scratch, &entities, &self.filter(), &watch).await;
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
    Err(behind(&pending).hint(hint))
}
