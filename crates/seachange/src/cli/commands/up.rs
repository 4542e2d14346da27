//! `up` and `upgrade`.

use clap::Args;
use seachange_cli::{Diagnostic, Exit};
use seachange_graph::Direction;

use super::run::{UpgradeFlags, upgrade};
use super::script;
use crate::cli::context::Context;
use crate::cli::fleet::FleetUpgradeArgs;
use crate::cli::targets;

/// Arguments of `up`.
#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    /// A number of revisions, or targets: `head`, `heads`, `+N`, `LABEL@head`, a revision id or the beginning of one
    #[arg(value_name = "N | TARGET", default_value = "heads", allow_negative_numbers = true)]
    targets: Vec<String>,
    #[command(flatten)]
    pub(super) flags: UpgradeFlags,
    #[command(flatten)]
    fleet: FleetUpgradeArgs,
}

/// Arguments of `upgrade`.
#[derive(Debug, Args)]
pub(crate) struct UpgradeArgs {
    /// `head`, `heads`, `+N`, `LABEL@head`, a revision id or the beginning of one
    #[arg(value_name = "TARGET", required = true, allow_negative_numbers = true)]
    targets: Vec<String>,
    #[command(flatten)]
    pub(super) flags: UpgradeFlags,
    #[command(flatten)]
    fleet: FleetUpgradeArgs,
}

impl UpArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        if self.flags.script.sql {
            return script::upgrade(context, &self.targets, &self.flags.script, &self.flags.code).await;
        }
        let targets = targets::read_with_steps(context, "up", &self.targets, Direction::Upgrade)?;
        upgrade(context, &targets, &self.flags, &self.fleet).await
    }
}

impl UpgradeArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        if self.flags.script.sql {
            return script::upgrade(context, &self.targets, &self.flags.script, &self.flags.code).await;
        }
        upgrade(context, &targets::read(context, "upgrade", &self.targets)?, &self.flags, &self.fleet).await
    }
}
