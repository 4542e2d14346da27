//! `adopt`.

use std::sync::Arc;

use clap::{Args, ValueEnum};
use seachange_cli::{
    Diagnostic, Exit, describe, printable, prompt,
    terminal::{ID, styled},
};

use super::run;
use crate::Error;
use crate::adopt::{AdoptedRevision, AdoptionPlan, ForeignVersionTable, MigrationTool};
use crate::args::LockTimeoutArgs;
use crate::cli::context::Context;
use crate::cli::fleet::{self, FleetCommand, FleetReportArgs, FleetRunArgs};
use crate::fleet::{Fleet, TargetWorkDone};
use crate::limits::Limits;
use crate::migrator::{Migrator, RunOptions};

/// Arguments of `adopt`.
#[derive(Debug, Args)]
pub(crate) struct AdoptArgs {
    /// The tool whose record is read
    #[arg(long, value_name = "TOOL")]
    from: ToolArg,
    /// The table of that record, if it is not the usual one of the tool
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// The schema of that table, if it is not the current one
    #[arg(long, value_name = "SCHEMA")]
    table_schema: Option<String>,
    /// Print what would be recorded, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    limits: LockTimeoutArgs,
    #[command(flatten)]
    fleet: FleetRunArgs,
    #[command(flatten)]
    report: FleetReportArgs,
}

/// A tool on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ToolArg {
    /// sea-orm-migration: `seaql_migrations`
    #[value(alias = "sea-orm-migration")]
    Seaql,
    /// Alembic: `alembic_version`
    Alembic,
    /// sqlx: `_sqlx_migrations`
    Sqlx,
    /// dbmate: `schema_migrations`
    Dbmate,
    /// golang-migrate: `schema_migrations` with a column `dirty`
    GolangMigrate,
    /// diesel: `__diesel_schema_migrations`
    Diesel,
}

impl From<ToolArg> for MigrationTool {
    fn from(tool: ToolArg) -> Self {
        match tool {
            ToolArg::Seaql => Self::SeaOrm,
            ToolArg::Alembic => Self::Alembic,
            ToolArg::Sqlx => Self::Sqlx,
            ToolArg::Dbmate => Self::Dbmate,
            ToolArg::GolangMigrate => Self::GolangMigrate,
            ToolArg::Diesel => Self::Diesel,
        }
    }
}

impl AdoptArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        match self.fleet.fleet.is_given() {
            true => self.adopt_fleet(context).await,
            false => self.adopt_one(context).await,
        }
    }

    /// Takes over the record of each target of a fleet; a target that has no such record is reported.
    async fn adopt_fleet(&self, context: &Context) -> Result<Exit, Diagnostic> {
        let old = Arc::new(self.old_table());
        if self.dry_run {
            let fleet = self.fleet.find(context).await?;
            return fleet::for_each(context, &fleet, async |context| self.adopt_one(context).await).await;
        }
        prompt::agree("take over the record of each target", self.yes)?;
        let adopt = async |fleet: &Fleet| {
            let old = Arc::clone(&old);
            fleet.each(move |migrator| Box::pin(adopt_target(migrator, Arc::clone(&old)))).await
        };
        let options = RunOptions::new().limits(self.limits.limits());
        let output = self.report.output.as_deref();
        fleet::conclude(context, FleetCommand::new(&self.fleet, "adopt", output, options), adopt).await
    }

    async fn adopt_one(&self, context: &Context) -> Result<Exit, Diagnostic> {
        let old = self.old_table();
        let migrator = context.connect_to_read().await?;
        let adoption = migrator.plan_adoption(&old).await?;
        migrator.close().await?;
        show(context, &adoption);
        let count = adoption.unrecorded().count();
        let (revisions, pending) = (describe::revisions(count), adoption.pending.len());
        if count == 0 {
            context.terminal.status(format!("nothing to record, {pending} pending"));
            return Ok(Exit::Success);
        }
        context.terminal.status(format!("{revisions} to record as applied, {pending} pending"));
        if self.dry_run {
            context.terminal.status("nothing was changed");
            return Ok(Exit::Success);
        }
        let settings = context.settings()?;
        prompt::agree(&format!("record {revisions} as applied in `{settings}`"), self.yes)?;
        record(context, &old, self.limits.limits()).await
    }

    fn old_table(&self) -> ForeignVersionTable {
        let tool = MigrationTool::from(self.from);
        let table = self.table.clone().unwrap_or_else(|| tool.default_table().to_owned());
        ForeignVersionTable { tool, schema: self.table_schema.clone(), table }
    }
}

async fn adopt_target(migrator: Migrator, old: Arc<ForeignVersionTable>) -> Result<TargetWorkDone, Error> {
    let adoption = migrator.adopt(&old).await?;
    let has_changed = adoption.unrecorded().next().is_some();
    Ok(TargetWorkDone::recorded(has_changed, fleet::current_ids(&migrator).await?))
}

/// Prints the revision of each version, the other revisions that become applied, and the number of pending ones.
fn show(context: &Context, adoption: &AdoptionPlan) {
    let word = |adopted: &AdoptedRevision| {
        adopted.version.as_ref().map_or("below".into(), |name| printable::name(name).into_owned())
    };
    let adopted = adoption.adopted.iter().map(|adopted| (word(adopted), "->", adopted.script));
    let pending = adoption.pending.iter().map(|script| ("pending".to_owned(), "  ", *script));
    let lines: Vec<_> = adopted.chain(pending).collect();
    let width = lines.iter().map(|(word, ..)| word.chars().count()).max().unwrap_or_default();
    for (word, arrow, script) in lines {
        let id = styled(ID, script.revision.id);
        context.terminal.print(format!("{word:<width$} {arrow} {id}, {}", script.message));
    }
}

async fn record(context: &Context, old: &ForeignVersionTable, limits: Limits) -> Result<Exit, Diagnostic> {
    let migrator = context.connect().await?.with_options(RunOptions::new().limits(limits));
    let adoption = migrator.adopt(old).await?;
    let place = run::place(&migrator, &migrator.current_known().await?);
    migrator.close().await?;
    let revisions = describe::revisions(adoption.unrecorded().count());
    context.terminal.status(format!("recorded {revisions} as applied; the database is at {place}"));
    let table = old.name();
    context.terminal.status(format!("`{}` was not changed; nothing reads it from now on", printable::name(&table)));
    Ok(Exit::Success)
}
