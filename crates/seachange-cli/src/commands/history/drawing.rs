//! `history --graph`.

use std::collections::HashSet;

use clap::Args;
use seachange_graph::draw::Node;

use crate::log::{self, Glyphs, LogCanvas};
use crate::project::{ListedRevision, Project};
use crate::terminal::{DIM, Terminal, styled};

/// Whether and how the history is drawn.
#[derive(Debug, Args)]
pub(super) struct DrawingArgs {
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

    /// Draws these revisions; lines to others end in `~`.
    pub(super) fn run(
        &self,
        terminal: Terminal,
        project: &Project<'_>,
        drawn: &[&ListedRevision<'_>],
        applied: Option<&HashSet<String>>,
    ) {
        let layout = project.layout(applied);
        let drawn: HashSet<&str> = drawn.iter().map(|revision| revision.id).collect();
        let canvas = LogCanvas { glyphs: self.glyphs(), width: terminal.width() };
        let text = log::draw(&layout, canvas, |id| drawn.contains(id), |node| details(terminal, project, node));
        terminal.print(text.trim_end());
    }

    fn glyphs(&self) -> Glyphs {
        if self.ascii { Glyphs::Ascii } else { Glyphs::of_locale(|name| std::env::var(name).ok()) }
    }
}

/// Additional lines about a revision, with `--verbose`.
fn details(terminal: Terminal, project: &Project<'_>, node: &Node<'_>) -> Vec<String> {
    match project.get(&node.revision.id) {
        Some(revision) if terminal.verbose => {
            [format!("Created: {}", revision.created), format!("File:    {}", project.file(revision))]
                .map(|line| styled(DIM, line))
                .to_vec()
        }
        _ => Vec::new(),
    }
}
