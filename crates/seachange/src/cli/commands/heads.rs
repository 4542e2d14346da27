//! `heads`.

use clap::Args;

use super::list::{answer, answer_entries};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::format::{Format, FormatArgs};
use crate::cli::problem::Diagnostic;

/// Arguments of `heads`.
#[derive(Debug, Args)]
pub(crate) struct HeadsArgs {
    /// Omit heads that other revisions depend on
    #[arg(long)]
    resolve_dependencies: bool,
    #[command(flatten)]
    format: FormatArgs,
}

impl HeadsArgs {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        let graph = context.graph()?;
        let heads = if self.resolve_dependencies { graph.unreferenced() } else { graph.heads() };
        let scripts = heads.iter().filter_map(|head| context.project.migrations.get(&head.id));
        match self.format.format {
            Format::Json => answer_entries(context.terminal, graph, scripts, None)?,
            Format::Text if heads.is_empty() => {
                context.terminal.status("there are no revisions");
                context.terminal.hint("`revision -m MESSAGE` writes the first");
            }
            Format::Text => scripts.for_each(|script| answer(context, graph, script)),
        }
        Ok(Exit::Success)
    }
}
