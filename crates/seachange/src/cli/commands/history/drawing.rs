//! `history --graph`.

use std::collections::HashSet;

use clap::Args;
use seachange_graph::Graph;
use seachange_graph::draw::Node;

use crate::cli::context::Context;
use crate::cli::log::{self, Glyphs, LogCanvas};
use crate::cli::picture;
use crate::cli::problem::Diagnostic;
use crate::cli::terminal::{DIM, styled};
use crate::revision::RegisteredRevision;

/// Whether and how the history is drawn.
#[derive(Debug, Args)]
pub(crate) struct DrawingArgs {
    /// Draw the graph: `●` is applied, `○` pending, `◉` current, `┆` leads to a dependency
    #[arg(long, conflicts_with = "format")]
    graph: bool,
    /// Draw with ASCII characters (`x`, `o`, `@` and `.`), the default if the locale is not UTF-8
    #[arg(long, requires = "graph")]
    ascii: bool,
}

impl DrawingArgs {
    /// Whether the history is drawn.
    pub(super) fn is_asked_for(&self) -> bool {
        self.graph
    }

    /// Draws these revisions; lines to others end in `~`. If the database cannot be read, that is a warning, because
    /// the graph is useful without it.
    pub(super) async fn run(
        &self,
        context: &Context,
        graph: &Graph,
        drawn: impl Iterator<Item = &'static RegisteredRevision>,
    ) -> Result<(), Diagnostic> {
        let applied = match picture::applied(context).await {
            Ok(applied) => Some(applied),
            Err(problem) => {
                context.terminal.warn(format!("the current revisions are not marked: {}", problem.message));
                None
            }
        };
        let picture = picture::picture(graph, context.project.migrations, applied.as_ref());
        let drawn: HashSet<&str> = drawn.map(|script| script.revision.id).collect();
        let is_drawn = |id: &str| drawn.contains(id);
        let canvas = LogCanvas { glyphs: self.glyphs(), width: context.terminal.width() };
        let text = log::draw(&picture, canvas, is_drawn, |node| details(context, node));
        context.terminal.print(text.trim_end());
        Ok(())
    }

    fn glyphs(&self) -> Glyphs {
        if self.ascii { Glyphs::Ascii } else { Glyphs::of_locale(|name| std::env::var(name).ok()) }
    }
}

/// Additional lines about a revision, with `--verbose`.
fn details(context: &Context, node: &Node<'_>) -> Vec<String> {
    let project = &context.project;
    match project.migrations.get(&node.revision.id) {
        Some(script) if context.terminal.verbose => {
            let file = project.file(script);
            [format!("Created: {}", script.revision.created), format!("File:    {file}")]
                .map(|line| styled(DIM, line))
                .to_vec()
        }
        _ => Vec::new(),
    }
}
