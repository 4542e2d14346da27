//! `history`.

mod drawing;

use clap::Args;
use seachange_graph::{Applied, Graph, Range};

use drawing::DrawingArgs;

use super::list::{Entry, answer_json};
use crate::Error;
use crate::cli::context::Context;
use crate::cli::describe;
use crate::cli::exit::Exit;
use crate::cli::format::{Format, FormatArgs};
use crate::cli::problem::Problem;
use crate::revision::Script;

/// Arguments of `history`.
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// Only these revisions: `A:B`, `A:`, `:B`, with any targets as ends; `-3:` for the last three below the heads
    #[arg(short, long, value_name = "RANGE", allow_hyphen_values = true)]
    rev_range: Option<String>,
    /// Mark where the database stands
    #[arg(short, long)]
    indicate_current: bool,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    drawing: DrawingArgs,
}

impl HistoryArgs {
    /// Reads the database only where the range or a flag asks for it.
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Problem> {
        let graph = context.graph()?;
        let range: Range = self.rev_range.as_deref().unwrap_or(":").parse().map_err(Error::from)?;
        let applied = match range.is_relative() || self.indicate_current {
            true => Some(applied(context).await?),
            false => None,
        };
        let everything = graph.everything();
        let found = graph.history(applied.as_ref().unwrap_or(&everything), &range).map_err(Error::from)?;
        let newest_first = found.iter().rev().filter_map(|revision| context.project.migrations.get(&revision.id));
        let current: Option<Vec<&str>> =
            applied.map(|applied| graph.current(&applied).iter().map(|revision| revision.id.as_str()).collect());
        if self.drawing.is_asked_for() {
            self.drawing.run(context, graph, newest_first).await?;
            return Ok(Exit::Success);
        }
        match self.format.format {
            Format::Json => {
                let entries: Vec<Entry<'_>> =
                    newest_first.map(|script| Entry::new(graph, script, current.as_deref())).collect();
                answer_json(context.terminal, &entries)?;
            }
            Format::Text => {
                let current = current.unwrap_or_default();
                newest_first.for_each(|script| print(context, graph, script, &current));
            }
        }
        Ok(Exit::Success)
    }
}

fn print(context: &Context, graph: &Graph, script: &Script, current: &[&str]) {
    if context.terminal.verbose {
        let file = context.project.shown(&context.project.versions().join(script.file));
        context.terminal.answer(describe::block(graph, script, current, &file));
    } else {
        context.terminal.answer(describe::line(graph, script, current));
    }
}

async fn applied(context: &Context) -> Result<Applied, Problem> {
    let migrator = context.connect_to_read().await?;
    let applied = migrator.read().await?.applied(migrator.graph())?;
    migrator.close().await?;
    Ok(applied)
}
