//! `heads`.

use clap::Args;
use seachange_graph::Graph;

use super::list::{Entry, answer_json};
use crate::Error;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::format::{Format, FormatArgs};
use crate::cli::problem::Problem;

/// Arguments of `heads`.
#[derive(Debug, Args)]
pub(crate) struct HeadsArgs {
    #[command(flatten)]
    format: FormatArgs,
}

impl HeadsArgs {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Problem> {
        let migrations = context.project.migrations;
        let graph = Graph::new(migrations.nodes()).map_err(Error::from)?;
        let heads = graph.heads();
        let scripts = heads.iter().filter_map(|head| migrations.get(&head.id));
        match self.format.format {
            Format::Json => {
                let entries: Vec<Entry<'_>> = scripts.map(|script| Entry::new(&graph, script, None)).collect();
                answer_json(context.terminal, &entries)?;
            }
            Format::Text => {
                for script in scripts {
                    context.terminal.answer(format!("{} (head), {}", script.revision.id, script.message));
                }
            }
        }
        Ok(Exit::Success)
    }
}
