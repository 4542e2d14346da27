//! `down` and `downgrade`.

use clap::Args;
use seachange_cli::{Diagnostic, Exit, prompt};
use seachange_graph::{Direction, Target};

use super::run::{DowngradeFlags, downgrade, refuse_report};
use super::script;
use crate::cli::context::Context;
use crate::cli::fleet::{self, FleetCommand, FleetRunArgs};
use crate::cli::targets;

/// Arguments of `down`.
#[derive(Debug, Args)]
pub(crate) struct DownArgs {
    /// A number of revisions, or targets that stay applied: `base`, `-N`, `LABEL@base`, a revision id or the beginning
    /// of one
    #[arg(value_name = "N | TARGET", default_value = "-1", allow_negative_numbers = true)]
    targets: Vec<String>,
    #[command(flatten)]
    pub(super) flags: DowngradeFlags,
    #[command(flatten)]
    fleet: FleetRunArgs,
}

/// Arguments of `downgrade`.
#[derive(Debug, Args)]
pub(crate) struct DowngradeArgs {
    /// `base`, `-N`, `LABEL@base`, a revision id or the beginning of one; the named revision stays applied
    #[arg(value_name = "TARGET", required = true, allow_negative_numbers = true)]
    targets: Vec<String>,
    #[command(flatten)]
    pub(super) flags: DowngradeFlags,
    #[command(flatten)]
    fleet: FleetRunArgs,
}

impl DownArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        if self.flags.script.sql {
            return script::downgrade(context, &self.targets, &self.flags.script, &self.flags.code).await;
        }
        let targets = targets::read_with_steps(context, "down", &self.targets, Direction::Downgrade)?;
        run(context, &targets, &self.flags, &self.fleet).await
    }
}

impl DowngradeArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        if self.flags.script.sql {
            return script::downgrade(context, &self.targets, &self.flags.script, &self.flags.code).await;
        }
        let targets = targets::read(context, "downgrade", &self.targets)?;
        run(context, &targets, &self.flags, &self.fleet).await
    }
}

async fn run(
    context: &Context,
    targets: &[Target],
    flags: &DowngradeFlags,
    fleet: &FleetRunArgs,
) -> Result<Exit, Diagnostic> {
    if fleet.fleet.is_given() {
        return downgrade_fleet(context, targets, flags, fleet).await;
    }
    let place = || context.settings().map(|settings| format!("`{settings}`"));
    confirm(targets, flags, place)?;
    downgrade(context, targets, flags).await
}

/// Downgrades each target of a fleet.
async fn downgrade_fleet(
    context: &Context,
    targets: &[Target],
    flags: &DowngradeFlags,
    args: &FleetRunArgs,
) -> Result<Exit, Diagnostic> {
    let output = flags.script.output.as_deref();
    if flags.dry_run {
        refuse_report(output)?;
        let fleet = args.find(context).await?;
        return fleet::for_each(context, &fleet, async |context| downgrade(context, targets, flags).await).await;
    }
    confirm(targets, flags, || Ok("each target".to_owned()))?;
    let command = FleetCommand::new(args, "down", output, flags.options()).to(targets);
    fleet::conclude(context, command, async |fleet| fleet.downgrade_to(targets).await).await
}

/// Asks the user before everything is reverted, as `reset` does. Scripts are not asked: they state the target
/// explicitly, and `down base` has never needed `--yes` in a script.
fn confirm(
    targets: &[Target],
    flags: &DowngradeFlags,
    place: impl FnOnce() -> Result<String, Diagnostic>,
) -> Result<(), Diagnostic> {
    let is_everything = targets.contains(&Target::BASE);
    if !is_everything || flags.dry_run || !prompt::is_interactive() {
        return Ok(());
    }
    prompt::confirm(&format!("revert every revision in {}", place()?), flags.yes)
}
