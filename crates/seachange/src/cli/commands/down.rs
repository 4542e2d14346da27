//! `down` and `downgrade`.

use clap::Args;
use seachange_cli::{Diagnostic, Exit, prompt};
use seachange_graph::{Direction, Target};

use super::run::{DowngradeFlags, downgrade};
use super::script;
use crate::cli::context::Context;
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
}

/// Arguments of `downgrade`.
#[derive(Debug, Args)]
pub(crate) struct DowngradeArgs {
    /// `base`, `-N`, `LABEL@base`, a revision id or the beginning of one; the named revision stays applied
    #[arg(value_name = "TARGET", required = true, allow_negative_numbers = true)]
    targets: Vec<String>,
    #[command(flatten)]
    pub(super) flags: DowngradeFlags,
}

impl DownArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        if self.flags.script.sql {
            return script::downgrade(context, &self.targets, &self.flags.script, &self.flags.code).await;
        }
        let targets = targets::read_with_steps(context, "down", &self.targets, Direction::Downgrade)?;
        confirm(context, &targets, &self.flags)?;
        downgrade(context, &targets, &self.flags).await
    }
}

impl DowngradeArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        if self.flags.script.sql {
            return script::downgrade(context, &self.targets, &self.flags.script, &self.flags.code).await;
        }
        let targets = targets::read(context, "downgrade", &self.targets)?;
        confirm(context, &targets, &self.flags)?;
        downgrade(context, &targets, &self.flags).await
    }
}

/// Asks the user before everything is reverted, as `reset` does. Scripts are not asked: they state the target
/// explicitly, and `down base` has never needed `--yes` in a script.
fn confirm(context: &Context, targets: &[Target], flags: &DowngradeFlags) -> Result<(), Diagnostic> {
    let is_everything = targets.contains(&Target::BASE);
    if !is_everything || flags.dry_run || !prompt::is_interactive() {
        return Ok(());
    }
    let settings = context.settings()?;
    prompt::confirm(&format!("revert every revision in `{settings}`"), flags.yes)
}
