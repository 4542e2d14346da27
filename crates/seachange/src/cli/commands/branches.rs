//! `branches`.

use clap::Args;
use seachange_graph::{Graph, Revision};
use serde::Serialize;

use super::list::answer_json;
use crate::cli::context::Context;
use crate::cli::describe;
use crate::cli::exit::Exit;
use crate::cli::format::{Format, FormatArgs};
use crate::cli::problem::Problem;

/// Arguments of `branches`.
#[derive(Debug, Args)]
pub(crate) struct BranchesArgs {
    #[command(flatten)]
    format: FormatArgs,
}

/// A branch point as JSON.
#[derive(Debug, Serialize)]
struct Entry<'a> {
    id: &'a str,
    message: &'a str,
    branches: Vec<Branch<'a>>,
}

/// A branch that leaves a branch point, as JSON.
#[derive(Debug, Serialize)]
struct Branch<'a> {
    id: &'a str,
    message: &'a str,
    labels: Vec<&'a str>,
}

impl BranchesArgs {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Problem> {
        let graph = context.graph()?;
        let points = graph.branch_points();
        match self.format.format {
            Format::Json => {
                let entries: Vec<Entry<'_>> = points.iter().map(|point| entry(context, graph, point)).collect();
                answer_json(context.terminal, &entries)?;
            }
            Format::Text if points.is_empty() => context.terminal.say("no revision has several children"),
            Format::Text => points.iter().for_each(|point| print(context, graph, point)),
        }
        Ok(Exit::Success)
    }
}

fn print(context: &Context, graph: &Graph, point: &Revision) {
    context.terminal.answer(describe::short(context, &point.id));
    for child in graph.children(&point.id) {
        context.terminal.answer(format!("    -> {}", describe::short(context, &child.id)));
    }
}

fn entry<'a>(context: &Context, graph: &'a Graph, point: &'a Revision) -> Entry<'a> {
    let branch = |child: &'a Revision| Branch {
        id: &child.id,
        message: describe::message(context, &child.id),
        labels: graph.labels(&child.id),
    };
    Entry {
        id: &point.id,
        message: describe::message(context, &point.id),
        branches: graph.children(&point.id).map(branch).collect(),
    }
}
