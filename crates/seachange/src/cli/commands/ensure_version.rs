//! `ensure-version`.

use clap::Args;
use seachange_cli::{Diagnostic, Exit};

use crate::args::LockTimeoutArgs;
use crate::cli::context::Context;
use crate::migrator::RunOptions;

/// Arguments of `ensure-version`.
#[derive(Debug, Args)]
pub(crate) struct EnsureVersionArgs {
    #[command(flatten)]
    limits: LockTimeoutArgs,
}

impl EnsureVersionArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        let migrator = context.connect().await?.with_options(RunOptions::new().limits(self.limits.limits()));
        migrator.ensure_record().await?;
        migrator.close().await?;
        context.terminal.status(format!("the tables of the record are in {}", context.settings()?));
        Ok(Exit::Success)
    }
}
