//! `up` and `upgrade`.

use clap::Args;

use super::run::{self, upgrade};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::problem::Problem;

/// Arguments of `up`.
#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    /// A number of revisions, or a target: `head`, `heads`, `+N`, a revision id or the beginning of one
    #[arg(value_name = "N | REVISION", default_value = "heads", allow_negative_numbers = true)]
    target: String,
}

/// Arguments of `upgrade`.
#[derive(Debug, Args)]
pub(crate) struct UpgradeArgs {
    /// `head`, `heads`, `+N`, a revision id or the beginning of one
    #[arg(value_name = "REVISION", allow_negative_numbers = true)]
    target: String,
}

impl UpArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Problem> {
        let target = run::steps_or_target(context, '+', self.target)?;
        upgrade(context, &target).await
    }
}

impl UpgradeArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Problem> {
        upgrade(context, &self.target).await
    }
}
