//! `current`.

use clap::Args;

use super::list::{Entry, answer_json};
use crate::cli::context::Context;
use crate::cli::describe;
use crate::cli::exit::Exit;
use crate::cli::format::{Format, FormatArgs};
use crate::cli::problem::Problem;

/// Arguments of `current`.
#[derive(Debug, Args)]
pub(crate) struct CurrentArgs {
    #[command(flatten)]
    format: FormatArgs,
}

impl CurrentArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Problem> {
        let migrator = context.connect_to_read().await?;
        let scripts = migrator.current().await?;
        let current: Vec<&str> = scripts.iter().map(|script| script.revision.id).collect();
        let graph = migrator.graph();
        match self.format.format {
            Format::Json => {
                let entries: Vec<Entry<'_>> =
                    scripts.iter().map(|script| Entry::new(graph, script, Some(&current))).collect();
                answer_json(context.terminal, &entries)?;
            }
            Format::Text if scripts.is_empty() => context.terminal.say("no revision is applied"),
            Format::Text => {
                for script in scripts {
                    let marks = describe::marks(graph, script.revision.id, &[]);
                    context.terminal.answer(format!("{}{marks}, {}", script.revision.id, script.message));
                }
            }
        }
        migrator.close().await?;
        Ok(Exit::Success)
    }
}
