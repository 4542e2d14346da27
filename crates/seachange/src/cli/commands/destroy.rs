//! `reset`, `refresh` and `fresh`: the commands that destroy, and ask first.

use clap::Args;

use seachange_graph::Target;

use super::run::{DowngradeFlags, downgrade, downgrade_with, upgrade_with};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::problem::Problem;
use crate::cli::prompt;
use crate::migrator::UpgradeOptions;

/// The answer to the question, given beforehand.
#[derive(Debug, Args)]
struct Confirmation {
    /// Do it without a question
    #[arg(short, long)]
    yes: bool,
}

/// Arguments of `reset`.
#[derive(Debug, Args)]
pub(crate) struct ResetArgs {
    #[command(flatten)]
    confirmation: Confirmation,
}

/// Arguments of `refresh`.
#[derive(Debug, Args)]
pub(crate) struct RefreshArgs {
    #[command(flatten)]
    confirmation: Confirmation,
}

/// Arguments of `fresh`.
#[derive(Debug, Args)]
pub(crate) struct FreshArgs {
    #[command(flatten)]
    confirmation: Confirmation,
}

impl ResetArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Problem> {
        let settings = context.settings()?;
        prompt::confirm(&format!("take every revision back in `{settings}`"), self.confirmation.yes)?;
        downgrade(context, &[Target::BASE], &DowngradeFlags::default()).await
    }
}

impl RefreshArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Problem> {
        let settings = context.settings()?;
        let question = format!("take every revision back in `{settings}` and apply all again");
        prompt::confirm(&question, self.confirmation.yes)?;
        let migrator = context.connect().await?;
        downgrade_with(context, &migrator, &[Target::BASE]).await?;
        let exit = upgrade_with(context, &migrator, &[Target::HEADS], UpgradeOptions::default()).await?;
        migrator.close().await?;
        Ok(exit)
    }
}

impl FreshArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Problem> {
        let settings = context.settings()?;
        let question = format!("drop every table in `{settings}` and apply all revisions");
        prompt::confirm(&question, self.confirmation.yes)?;
        let migrator = context.connect().await?;
        migrator.drop_everything().await?;
        let exit = upgrade_with(context, &migrator, &[Target::HEADS], UpgradeOptions::default()).await?;
        migrator.close().await?;
        Ok(exit)
    }
}
