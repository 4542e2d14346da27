//! `stamp`.

use std::sync::Arc;

use clap::Args;
use seachange_cli::{Diagnostic, Exit, describe, printable};
use seachange_graph::{StampPlan, Target};

use super::run;
use super::script::{self, ScriptArgs};
use crate::Error;
use crate::args::LockTimeoutArgs;
use crate::cli::context::Context;
use crate::cli::fleet::{self, FleetCommand, FleetRunArgs};
use crate::cli::targets;
use crate::fleet::{Fleet, TargetWorkDone};
use crate::migrator::{Migrator, RunOptions};

/// Arguments of `stamp`.
#[derive(Debug, Args)]
pub(crate) struct StampArgs {
    /// The current revisions to record: `head`, `heads`, `base`, a revision id or the beginning of one; several for
    /// several branches
    #[arg(value_name = "TARGET", required = true, allow_negative_numbers = true)]
    targets: Vec<String>,
    /// Remove all rows of the record first, including those of unknown revisions
    #[arg(long, conflicts_with = "sql")]
    purge: bool,
    /// Print what would be recorded, and write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    limits: LockTimeoutArgs,
    #[command(flatten)]
    script: ScriptArgs,
    #[command(flatten)]
    fleet: FleetRunArgs,
}

impl StampArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        if self.script.sql {
            return script::stamp(context, &self.targets, &self.script);
        }
        let targets = targets::read(context, "stamp", &self.targets)?;
        if self.fleet.fleet.is_given() {
            return self.stamp_fleet(context, targets).await;
        }
        if self.dry_run {
            return self.preview_one(context, &targets).await;
        }
        let migrator = context.connect_for(|graph, applied| Ok(graph.stamp(applied, &targets)?.add.is_empty())).await?;
        let migrator = migrator.with_options(RunOptions::new().limits(self.limits.limits()));
        let plan = match self.purge {
            true => migrator.purge_and_stamp_at(&targets).await?,
            false => migrator.stamp_at(&targets).await?,
        };
        let place = match migrator.current().await {
            Ok(current) => format!("the database is at {}", run::place(&migrator, &current)),
            // Another revision is interrupted: the stamp does not concern it, and is written anyway.
            Err(error) => error.to_string(),
        };
        migrator.close().await?;
        context.terminal.status(format!(
            "recorded {} as applied and {} as not applied; {place}",
            describe::revisions(plan.add.len()),
            describe::revisions(plan.remove.len()),
        ));
        Ok(Exit::Success)
    }
}

impl StampArgs {
    /// Prints what would be recorded in one database.
    async fn preview_one(&self, context: &Context, targets: &[Target]) -> Result<Exit, Diagnostic> {
        let migrator = context.connect_to_read().await?;
        let plan = match self.purge {
            true => migrator.plan_purge(targets).await?,
            false => migrator.plan_stamp(targets).await?,
        };
        migrator.close().await?;
        Ok(preview(context, &plan))
    }

    /// Stamps each target of a fleet.
    async fn stamp_fleet(&self, context: &Context, targets: Vec<Target>) -> Result<Exit, Diagnostic> {
        let output = self.script.output.as_deref();
        if self.dry_run {
            run::refuse_report(output)?;
            let fleet = self.fleet.find(context).await?;
            return fleet::for_each(context, &fleet, async |context| self.preview_one(context, &targets).await).await;
        }
        let (options, purge) = (RunOptions::new().limits(self.limits.limits()), self.purge);
        let command = FleetCommand::new(&self.fleet, "stamp", output, options).to(&targets);
        let targets: Arc<[Target]> = targets.into();
        let stamp = async |fleet: &Fleet| {
            let targets = Arc::clone(&targets);
            fleet.each(move |migrator| Box::pin(stamp_one(migrator, Arc::clone(&targets), purge))).await
        };
        fleet::conclude(context, command, stamp).await
    }
}

async fn stamp_one(migrator: Migrator, targets: Arc<[Target]>, purge: bool) -> Result<TargetWorkDone, Error> {
    let plan = match purge {
        true => migrator.purge_and_stamp_at(&targets).await?,
        false => migrator.stamp_at(&targets).await?,
    };
    Ok(TargetWorkDone::recorded(plan.add.len() + plan.remove.len() > 0, fleet::current_ids(&migrator).await?))
}

fn preview(context: &Context, plan: &StampPlan) -> Exit {
    let lines = [("applied    ", &plan.add), ("not applied", &plan.remove)];
    for (state, ids) in lines {
        for id in ids {
            let message = context.project.migrations.get(id).map_or("not a revision of this program", |it| it.message);
            context.terminal.print(format!("{state}  {}, {message}", printable::name(id)));
        }
    }
    context.terminal.status(match plan.add.len() + plan.remove.len() {
        0 => "nothing to record".to_owned(),
        count => format!("{} to record; nothing was changed", describe::revisions(count)),
    });
    Exit::Success
}
