//! `current`.

use clap::Args;

use super::list::{answer, answer_row, answer_standing};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::format::{Format, FormatArgs};
use crate::cli::hints::graph::ahead;
use crate::cli::problem::Diagnostic;
use crate::migrator::{DatabasePosition, Migrator};

/// Arguments of `current`.
#[derive(Debug, Args)]
pub(crate) struct CurrentArgs {
    /// Fail, with exit code 6, unless the database is at all heads
    #[arg(short, long)]
    check_heads: bool,
    #[command(flatten)]
    format: FormatArgs,
}

impl CurrentArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        let migrator = context.connect_to_read().await?;
        let standing = migrator.standing().await?;
        self.answer(context, &migrator, &standing)?;
        let checked = if self.check_heads { check_heads(&migrator, &standing).await } else { Ok(()) };
        migrator.close().await?;
        checked.map(|()| Exit::Success)
    }

    fn answer(&self, context: &Context, migrator: &Migrator, standing: &DatabasePosition) -> Result<(), Diagnostic> {
        let graph = migrator.graph();
        let settings = context.settings()?;
        match self.format.format {
            Format::Json => answer_standing(context.terminal, graph, standing)?,
            Format::Text if standing.known.is_empty() && standing.of_newer.is_empty() => {
                context.terminal.status(format!("no revision is applied in {settings}"));
            }
            Format::Text => {
                context.terminal.status(format!("current revisions of {settings}"));
                standing.known.iter().for_each(|script| answer(context, graph, script));
                standing.of_newer.iter().for_each(|row| answer_row(context, row));
            }
        }
        // With `--check-heads`, the error reports the pending revisions.
        if !self.check_heads {
            context.warn_of_unknown(&standing.unknown);
        }
        Ok(())
    }
}

async fn check_heads(migrator: &Migrator, standing: &DatabasePosition) -> Result<(), Diagnostic> {
    if !standing.unknown.is_empty() {
        return Err(ahead(&standing.unknown, "a newer program migrated it: use that one, or rebuild this one"));
    }
    let pending = migrator.pending().await?;
    if pending.is_empty() { Ok(()) } else { Err(Diagnostic::behind(&pending).hint("`up` applies them")) }
}
