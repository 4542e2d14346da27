//! `heads`.

use clap::Args;

use super::list::{answer, answer_entries};
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::format::{Format, FormatArgs};
use crate::project::Project;
use crate::terminal::Terminal;

/// Arguments of `heads`.
#[derive(Debug, Args)]
pub struct HeadsArgs {
    /// Omit heads that other revisions depend on
    #[arg(long)]
    resolve_dependencies: bool,
    #[command(flatten)]
    format: FormatArgs,
}

impl HeadsArgs {
    /// Prints the heads.
    pub fn run(self, terminal: Terminal, project: &Project<'_>) -> Result<Exit, Diagnostic> {
        let graph = project.graph();
        let heads = project.select(if self.resolve_dependencies { graph.unreferenced() } else { graph.heads() });
        match self.format.format {
            Format::Json => answer_entries(terminal, graph, heads, None)?,
            Format::Text if heads.is_empty() => {
                terminal.status("there are no revisions");
                terminal.hint("`revision -m MESSAGE` writes the first");
            }
            Format::Text => heads.into_iter().for_each(|head| answer(terminal, project, head)),
        }
        Ok(Exit::Success)
    }
}
