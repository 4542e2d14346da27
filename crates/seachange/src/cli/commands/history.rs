//! `history`.

mod drawing;

use clap::Args;
use seachange_graph::{Graph, Range};

use drawing::DrawingArgs;

use super::list::answer_entries;
use crate::Error;
use crate::cli::context::Context;
use crate::cli::describe;
use crate::cli::exit::Exit;
use crate::cli::format::{Format, FormatArgs};
use crate::cli::problem::Diagnostic;
use crate::revision::RegisteredRevision;

/// Arguments of `history`.
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// Only these revisions: `A:B`, `A:`, `:B`, with any targets as ends; `-3:` for the heads and the three below
    /// them
    #[arg(short, long, value_name = "RANGE", allow_hyphen_values = true)]
    rev_range: Option<String>,
    /// Mark the current revisions of the database
    #[arg(short, long)]
    indicate_current: bool,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    drawing: DrawingArgs,
}

impl HistoryArgs {
    /// Reads the database only if the range or a flag requires it.
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        let graph = context.graph()?;
        let range: Range = self.rev_range.as_deref().unwrap_or(":").parse().map_err(Error::from)?;
        let is_asked = range.is_relative() || self.indicate_current;
        let applied = context.standing(graph, is_asked).await?;
        let found = graph.history(&applied, &range).map_err(Error::from)?;
        if found.is_empty() && matches!(self.format.format, Format::Text) {
            context.terminal.status(match &self.rev_range {
                Some(range) => format!("no revision in `{range}`"),
                None => "there are no revisions".to_owned(),
            });
            return Ok(Exit::Success);
        }
        let newest_first = found.iter().rev().filter_map(|revision| context.project.migrations.get(&revision.id));
        if self.drawing.is_asked_for() {
            self.drawing.run(context, graph, newest_first).await?;
            return Ok(Exit::Success);
        }
        let current = || graph.current(&applied).iter().map(|revision| revision.id.as_str()).collect::<Vec<_>>();
        let current = is_asked.then(current);
        match self.format.format {
            Format::Json => answer_entries(context.terminal, graph, newest_first, current.as_deref())?,
            Format::Text => {
                let current = current.unwrap_or_default();
                newest_first.for_each(|script| print(context, graph, script, &current));
            }
        }
        Ok(Exit::Success)
    }
}

fn print(context: &Context, graph: &Graph, script: &RegisteredRevision, current: &[&str]) {
    if context.terminal.verbose {
        let file = context.project.file(script);
        context.terminal.print(describe::block(graph, script, current, &file));
    } else {
        context.terminal.print(describe::line(graph, script, current));
    }
}
