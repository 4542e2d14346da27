//! `reset`, `refresh` and `fresh`: the commands that revert or drop everything, and ask for confirmation.

use clap::Args;
use seachange_cli::{Diagnostic, Exit, format::EventsArgs, prompt};
use seachange_graph::Target;

use super::code_args::{CodeArgs, RunArgumentArgs};
use super::run::{DowngradeFlags, downgrade, downgrade_with, upgrade_with};
use crate::args::LimitArgs;
use crate::cli::context::Context;
use crate::migrator::RunOptions;

/// The flag that confirms in advance.
#[derive(Debug, Args)]
struct ConfirmArgs {
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
}

/// Arguments of `reset`.
#[derive(Debug, Args)]
pub(crate) struct ResetArgs {
    #[command(flatten)]
    confirmation: ConfirmArgs,
    #[command(flatten)]
    arguments: RunArgumentArgs,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    pub(super) events: EventsArgs,
}

/// Arguments of `refresh`.
#[derive(Debug, Args)]
pub(crate) struct RefreshArgs {
    #[command(flatten)]
    confirmation: ConfirmArgs,
    #[command(flatten)]
    arguments: RunArgumentArgs,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    pub(super) events: EventsArgs,
}

/// Arguments of `fresh`.
#[derive(Debug, Args)]
pub(crate) struct FreshArgs {
    #[command(flatten)]
    confirmation: ConfirmArgs,
    #[command(flatten)]
    arguments: RunArgumentArgs,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    pub(super) events: EventsArgs,
}

impl ResetArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        let settings = context.settings()?;
        prompt::confirm(&format!("revert every revision in `{settings}`"), self.confirmation.yes)?;
        let flags =
            DowngradeFlags { limits: self.limits, code: CodeArgs::of(self.arguments), ..DowngradeFlags::default() };
        downgrade(context, &[Target::BASE], &flags).await
    }
}

impl RefreshArgs {
    fn options(&self) -> RunOptions {
        RunOptions::new().limits(self.limits.limits()).arguments(self.arguments.arguments())
    }

    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        let settings = context.settings()?;
        let question = format!("revert every revision in `{settings}` and apply all again");
        prompt::confirm(&question, self.confirmation.yes)?;
        // The downgrade drops every table.
        let options = self.options().count_losses(false);
        let migrator = context.connect().await?.with_options(options);
        downgrade_with(context, &migrator, &[Target::BASE]).await?;
        let exit = upgrade_with(context, &migrator, &[Target::HEADS]).await?;
        migrator.close().await?;
        Ok(exit)
    }
}

impl FreshArgs {
    fn options(&self) -> RunOptions {
        RunOptions::new().limits(self.limits.limits()).arguments(self.arguments.arguments())
    }

    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        let settings = context.settings()?;
        let question = format!("drop every table in `{settings}` and apply all revisions");
        prompt::confirm(&question, self.confirmation.yes)?;
        let migrator = context.connect().await?.with_options(self.options());
        migrator.drop_everything().await?;
        let exit = upgrade_with(context, &migrator, &[Target::HEADS]).await?;
        migrator.close().await?;
        Ok(exit)
    }
}
