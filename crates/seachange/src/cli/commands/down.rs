//! `down` and `downgrade`.

use clap::Args;

use super::run::{self, downgrade};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::problem::Problem;

/// Arguments of `down`.
#[derive(Debug, Args)]
pub(crate) struct DownArgs {
    /// A number of revisions, or a target: `base`, `-N`, a revision id or the beginning of one, which stays applied
    #[arg(value_name = "N | REVISION", default_value = "1", allow_negative_numbers = true)]
    target: String,
}

/// Arguments of `downgrade`.
#[derive(Debug, Args)]
pub(crate) struct DowngradeArgs {
    /// `base`, `-N`, a revision id or the beginning of one, which stays applied
    #[arg(value_name = "REVISION", allow_negative_numbers = true)]
    target: String,
}

impl DownArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Problem> {
        let target = run::steps_or_target(context, '-', self.target)?;
        downgrade(context, &target).await
    }
}

impl DowngradeArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Problem> {
        downgrade(context, &self.target).await
    }
}
