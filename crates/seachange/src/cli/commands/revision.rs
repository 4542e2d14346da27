//! `revision`, with `--autogenerate`.

mod autogenerate;
mod online;

use clap::Args;
use seachange_cli::{Diagnostic, Exit, commands};

use crate::cli::context::Context;
use autogenerate::AutogenerateArgs;
pub(super) use autogenerate::{Proof, check_compiled, verified};

/// Arguments of `revision`.
#[derive(Debug, Args)]
pub(crate) struct RevisionArgs {
    #[command(flatten)]
    new: commands::revision::NewRevisionArgs,
    #[command(flatten)]
    autogenerate: AutogenerateArgs,
}

impl RevisionArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        let files = context.files()?;
        if self.autogenerate.is_asked_for() {
            return self.autogenerate.run(context, &files, self.new).await;
        }
        let place = self.new.place(&files, &[])?;
        self.new.write(context.terminal, &files, place, None)
    }
}
