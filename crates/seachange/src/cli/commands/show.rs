//! `show`.

use clap::Args;

use super::list::answer_entries;
use crate::Error;
use crate::cli::context::Context;
use crate::cli::describe;
use crate::cli::exit::Exit;
use crate::cli::format::{Format, FormatArgs};
use crate::cli::problem::Diagnostic;
use crate::cli::targets;
use crate::revision::RegisteredRevision;

/// Arguments of `show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Any target: a revision id or the beginning of one, `head`, `heads`, `LABEL@head`, `current`, `-1`
    #[arg(value_name = "TARGET", allow_negative_numbers = true)]
    target: String,
    #[command(flatten)]
    format: FormatArgs,
}

impl ShowArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        let graph = context.graph()?;
        let scripts = self.scripts(context).await?;
        match self.format.format {
            Format::Json => answer_entries(context.terminal, graph, scripts, None)?,
            Format::Text if scripts.is_empty() => context.terminal.status(format!("no revision at `{}`", self.target)),
            Format::Text => {
                for script in scripts {
                    context.terminal.print(describe::block(graph, script, &[], &context.project.file(script)));
                }
            }
        }
        Ok(Exit::Success)
    }

    /// The revisions that the target stands for. The database is read only if the target depends on it.
    async fn scripts(&self, context: &Context) -> Result<Vec<&'static RegisteredRevision>, Diagnostic> {
        let target = targets::read_one(context, "show", &self.target)?;
        let graph = context.graph()?;
        let applied = context.standing(graph, target.is_relative()).await?;
        let found = graph.resolve(&applied, &target).map_err(Error::from)?;
        Ok(found.iter().filter_map(|revision| context.project.migrations.get(&revision.id)).collect())
    }
}
