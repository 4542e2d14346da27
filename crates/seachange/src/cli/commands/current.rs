//! `current`.

use clap::Args;

use super::list::{answer, answer_entries};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::format::{Format, FormatArgs};
use crate::cli::problem::Problem;
use crate::migrator::Migrator;
use crate::revision::Script;

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
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Problem> {
        let migrator = context.connect_to_read().await?;
        let scripts = migrator.current().await?;
        self.answer(context, &migrator, &scripts)?;
        let pending = if self.check_heads { migrator.pending().await? } else { Vec::new() };
        migrator.close().await?;
        if pending.is_empty() { Ok(Exit::Success) } else { Err(Problem::behind(&pending).hint("`up` applies them")) }
    }

    fn answer(&self, context: &Context, migrator: &Migrator, scripts: &[&'static Script]) -> Result<(), Problem> {
        let graph = migrator.graph();
        match self.format.format {
            Format::Json => {
                let current: Vec<&str> = scripts.iter().map(|script| script.revision.id).collect();
                answer_entries(context.terminal, graph, scripts.iter().copied(), Some(&current))?;
            }
            Format::Text if scripts.is_empty() => context.terminal.say("no revision is applied"),
            Format::Text => scripts.iter().for_each(|script| answer(context, graph, script)),
        }
        Ok(())
    }
}
