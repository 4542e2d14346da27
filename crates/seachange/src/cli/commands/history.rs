//! `history`.

mod drawing;

use clap::Args;

use drawing::DrawingArgs;

use super::list::{Entry, answer_json, current_ids};
use crate::Error;
use crate::cli::context::Context;
use crate::cli::describe;
use crate::cli::exit::Exit;
use crate::cli::format::{Format, FormatArgs};
use crate::cli::problem::Problem;
use crate::revision::Script;
use seachange_graph::Graph;

/// Arguments of `history`.
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    drawing: DrawingArgs,
}

impl HistoryArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Problem> {
        let migrations = context.project.migrations;
        let graph = Graph::new(migrations.nodes()).map_err(Error::from)?;
        let newest_first: Vec<&Script> =
            graph.iter().rev().filter_map(|revision| migrations.get(&revision.id)).collect();
        if self.drawing.is_asked_for() {
            self.drawing.run(context, &graph, &newest_first).await?;
            return Ok(Exit::Success);
        }
        let current = current(context).await;
        match self.format.format {
            Format::Json => {
                let entries: Vec<Entry<'_>> =
                    newest_first.iter().map(|script| Entry::new(&graph, script, current.as_deref())).collect();
                answer_json(context.terminal, &entries)?;
            }
            Format::Text => {
                let current = current.unwrap_or_default();
                newest_first.iter().for_each(|script| print(context, &graph, script, &current));
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

/// Where the database stands. The history is worth printing without it, so that not knowing is only a warning.
async fn current(context: &Context) -> Option<Vec<&'static str>> {
    let read = async {
        let migrator = context.connect_to_read().await?;
        let current = current_ids(&migrator).await?;
        migrator.close().await?;
        Ok::<_, Problem>(current)
    };
    match read.await {
        Ok(current) => Some(current),
        Err(problem) => {
            context.terminal.warn(format!("where the database stands is not marked: {}", problem.message));
            None
        }
    }
}
