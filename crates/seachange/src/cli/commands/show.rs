//! `show`.

use clap::Args;
use seachange_graph::{Graph, PlanError, Target};

use super::list::{Entry, answer_json, current_ids};
use crate::Error;
use crate::cli::context::Context;
use crate::cli::describe;
use crate::cli::exit::Exit;
use crate::cli::format::{Format, FormatArgs};
use crate::cli::problem::Problem;
use crate::revision::Script;

/// Arguments of `show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// A revision id or the beginning of one, `head`, `heads`, or `current`
    #[arg(value_name = "REVISION")]
    revision: String,
    #[command(flatten)]
    format: FormatArgs,
}

impl ShowArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Problem> {
        let migrations = context.project.migrations;
        let graph = Graph::new(migrations.nodes()).map_err(Error::from)?;
        let ids = self.ids(context, &graph).await?;
        let scripts: Vec<&Script> = ids.iter().filter_map(|id| migrations.get(id)).collect();
        match self.format.format {
            Format::Json => {
                let entries: Vec<Entry<'_>> = scripts.iter().map(|script| Entry::new(&graph, script, None)).collect();
                answer_json(context.terminal, &entries)?;
            }
            Format::Text => {
                for script in scripts {
                    let file = context.project.shown(&context.project.versions().join(script.file));
                    context.terminal.answer(describe::block(&graph, script, &[], &file));
                }
            }
        }
        Ok(Exit::Success)
    }

    async fn ids(&self, context: &Context, graph: &Graph) -> Result<Vec<String>, Problem> {
        if self.revision == "current" {
            let migrator = context.connect_to_read().await?;
            return Ok(current_ids(&migrator).await?.into_iter().map(str::to_owned).collect());
        }
        let heads = || graph.heads().iter().map(|head| head.id.clone()).collect::<Vec<_>>();
        match self.revision.parse().map_err(Error::from)? {
            Target::Heads => Ok(heads()),
            Target::Head if heads().len() > 1 => Err(Error::from(PlanError::SeveralHeads { heads: heads() }).into()),
            Target::Head => Ok(heads()),
            Target::Revision(text) => Ok(vec![graph.find(&text).map_err(Error::from)?.id.clone()]),
            other => Err(Problem::usage(format!("`{other}` is no revision"))
                .hint("name one by its id, or say `head`, `heads` or `current`")),
        }
    }
}
