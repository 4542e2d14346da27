//! `repair`.

use std::sync::Arc;

use clap::Args;
use seachange_cli::{
    Diagnostic, Exit, describe, printable,
    terminal::{ID, styled},
};
use seachange_graph::Target;

use super::backfill::BackfillPaceArgs;
use super::code_args::RunArgumentArgs;
use super::interruption;
use crate::Error;
use crate::args::LimitArgs;
use crate::cli::context::Context;
use crate::cli::fleet::{self, FleetCommand, FleetReportArgs, FleetRunArgs};
use crate::cli::hints::interrupted;
use crate::cli::targets;
use crate::fleet::{Fleet, TargetWorkDone};
use crate::limits::Limits;
use crate::migrator::{Migrator, Resolution, RevisionState, RevisionStatus, RunOptions};

/// Arguments of `repair`.
#[derive(Debug, Args)]
pub(crate) struct RepairArgs {
    #[command(flatten)]
    action: RepairAction,
    #[command(flatten)]
    doubt: ResolutionArgs,
    /// With `--resume`: do not count the values that a change of a column's type would not keep
    #[arg(long, requires = "resume")]
    no_count_losses: bool,
    #[command(flatten)]
    arguments: RunArgumentArgs,
    #[command(flatten)]
    backfills: BackfillPaceArgs,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    fleet: FleetRunArgs,
    #[command(flatten)]
    report: FleetReportArgs,
}

/// Whether the interrupted statement took effect, if the database does not show it.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct ResolutionArgs {
    /// With `--resume`: the statement that was running took effect
    #[arg(long, requires = "resume")]
    ran: bool,
    /// With `--resume`: the statement that was running did not take effect
    #[arg(long, requires = "resume")]
    not_run: bool,
}

impl ResolutionArgs {
    fn doubt(&self) -> Resolution {
        match (self.ran, self.not_run) {
            (true, _) => Resolution::Ran,
            (_, true) => Resolution::NotRun,
            _ => Resolution::Ask,
        }
    }
}

/// The correction to make; without any, `repair` prints the problems.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct RepairAction {
    /// Run the rest of the interrupted revision; finished statements are not repeated
    #[arg(long)]
    resume: bool,
    /// Record the interrupted revision as applied: it was finished by hand
    #[arg(long)]
    applied: bool,
    /// Record the interrupted revision as not applied: it was reverted by hand
    #[arg(long)]
    rolled_back: bool,
    /// Record the current code of edited revisions: all of them, or the named ones
    #[arg(long, value_name = "REVISION", num_args = 0..)]
    accept_edited: Option<Vec<String>>,
}

impl RepairArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        if self.fleet.fleet.is_given() {
            return self.repair_fleet(context).await;
        }
        let limits = self.limits.limits();
        match self.action {
            RepairAction { resume: true, .. } => {
                interruption::resume(context, self.doubt.doubt(), self.options()?).await
            }
            RepairAction { applied: true, .. } => interruption::settle(context, true, limits).await,
            RepairAction { rolled_back: true, .. } => interruption::settle(context, false, limits).await,
            RepairAction { accept_edited: Some(revisions), .. } => accept_edited(context, &revisions, limits).await,
            RepairAction { accept_edited: None, .. } => list(context).await,
        }
    }
}

impl RepairArgs {
    /// The options of the rest of a revision.
    fn options(&self) -> Result<RunOptions, Diagnostic> {
        let options = RunOptions::new().limits(self.limits.limits()).count_losses(!self.no_count_losses);
        Ok(options.arguments(self.arguments.arguments()).backfills(self.backfills.options()?))
    }

    /// Corrects the record of each target of a fleet; where nothing is wrong, nothing is done. Without a correction, shows
    /// what is wrong with each target.
    async fn repair_fleet(&self, context: &Context) -> Result<Exit, Diagnostic> {
        let correction = match &self.action {
            RepairAction { resume: true, .. } => Correction::Resume(self.doubt.doubt()),
            RepairAction { applied: true, .. } => Correction::Settle { is_applied: true },
            RepairAction { rolled_back: true, .. } => Correction::Settle { is_applied: false },
            RepairAction { accept_edited: Some(revisions), .. } => {
                Correction::AcceptEdited(targets::read(context, "repair --accept-edited", revisions)?.into())
            }
            RepairAction { accept_edited: None, .. } => {
                let fleet = self.fleet.find(context).await?;
                return fleet::for_each(context, &fleet, async |context| list(context).await).await;
            }
        };
        let repair = async |fleet: &Fleet| {
            let correction = correction.clone();
            fleet.each(move |migrator| Box::pin(correct(migrator, correction.clone()))).await
        };
        let options = self.options()?;
        let output = self.report.output.as_deref();
        fleet::conclude(context, FleetCommand::new(&self.fleet, "repair", output, options), repair).await
    }
}

/// A correction of the record of a target.
#[derive(Debug, Clone)]
enum Correction {
    Resume(Resolution),
    Settle { is_applied: bool },
    AcceptEdited(Arc<[Target]>),
}

async fn correct(migrator: Migrator, correction: Correction) -> Result<TargetWorkDone, Error> {
    let done = match correction {
        Correction::Resume(doubt) => migrator.resume(doubt).await.map(|_| true),
        Correction::Settle { is_applied: true } => migrator.mark_applied().await.map(|_| true),
        Correction::Settle { is_applied: false } => migrator.mark_rolled_back().await.map(|_| true),
        Correction::AcceptEdited(targets) => migrator.accept_edited(&targets).await.map(|edited| !edited.is_empty()),
    };
    let has_changed = match done {
        Err(Error::NotInterrupted) => false,
        done => done?,
    };
    Ok(TargetWorkDone::recorded(has_changed, fleet::current_ids(&migrator).await?))
}

async fn accept_edited(context: &Context, revisions: &[String], limits: Limits) -> Result<Exit, Diagnostic> {
    let targets = targets::read(context, "repair --accept-edited", revisions)?;
    let migrator = context.connect_to_record().await?.with_options(RunOptions::new().limits(limits));
    let scripts = migrator.accept_edited(&targets).await?;
    migrator.close().await?;
    for script in &scripts {
        context.terminal.print(format!("{}, {}", styled(ID, script.revision.id), script.message));
    }
    context.terminal.status(match scripts.len() {
        0 if revisions.is_empty() => "nothing to record: no revision was edited after it was applied".to_owned(),
        0 => "nothing to record: the named revisions were not edited after they were applied".to_owned(),
        count => format!("recorded the code of {}", describe::revisions(count)),
    });
    Ok(Exit::Success)
}

/// Prints the problems of the record, and their corrections.
async fn list(context: &Context) -> Result<Exit, Diagnostic> {
    let migrator = context.connect_to_read().await?;
    let statuses = migrator.status().await?;
    let interruption = migrator.interruption().await?;
    migrator.close().await?;
    let mut ways = Vec::new();
    for (status, (word, way)) in statuses.iter().filter_map(|status| Some((status, finding(status)?))) {
        let message = status.script.map_or("not a revision of this program", |script| script.message);
        context.terminal.print(format!("{word:<11}  {}, {message}", styled(ID, printable::name(&status.id))));
        match interruption.as_ref().filter(|known| known.revision == status.id) {
            Some(known) => {
                interrupted::lines(known).iter().for_each(|line| context.terminal.print(format!("  {line}")));
                ways.extend(interrupted::hints(known));
            }
            None => ways.extend(way),
        }
    }
    ways.dedup();
    ways.iter().for_each(|way| context.terminal.hint(way));
    if ways.is_empty() {
        context.terminal.status("nothing to repair");
    }
    Ok(Exit::Success)
}

/// The word for a revision with a problem, and the hint for it; the journal has the hint for an interrupted one.
fn finding(status: &RevisionStatus) -> Option<(&'static str, Option<&'static str>)> {
    match (&status.state, status.script) {
        (RevisionState::Interrupted(_), _) => Some(("interrupted", None)),
        (RevisionState::Edited(_), _) => Some(("edited", Some("`repair --accept-edited` records the current code"))),
        (RevisionState::Applied(_), None) => {
            Some(("unknown", Some("`up` says whether the database is ahead of this program, or has diverged from it")))
        }
        (
            RevisionState::Pending
            | RevisionState::ByReplaced { .. }
            | RevisionState::Applied(_)
            | RevisionState::Running(_),
            _,
        ) => None,
    }
}
